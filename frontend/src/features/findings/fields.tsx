import { Link } from "react-router";

import type { Field } from "@/components/data-table/field";
import { RiskScore } from "@/components/risk-score";
import { SeverityBadge } from "@/components/severity-badge";
import { Ago, When } from "@/components/when";
import type { Finding } from "@/lib/api/findings";
import { count } from "@/lib/format";
import type { Severity } from "@/lib/severity";

import { AiState } from "./ai-state";

/** What is shown of findings, everywhere: columns, filters, and the facts of the drawer. */
export const findingFields: readonly Field<Finding>[] = [
  {
    id: "severity",
    title: "Severity",
    show: (finding) => <SeverityBadge severity={finding.severity} />,
    column: { width: 104, sort: "severity" },
    facet: { show: (value) => <SeverityBadge severity={value as Severity} /> },
  },
  {
    id: "risk_score",
    title: "Risk",
    show: (finding) => <RiskScore score={finding.risk_score} />,
    column: { width: 108, sort: "risk_score" },
  },
  {
    id: "rule",
    title: "Rule",
    show: (finding) => <span title={`${finding.title} (${finding.rule_name})`}>{finding.title}</span>,
    column: { width: "clamp(190px, 15cqw, 280px)", opens: true },
    facet: {},
  },
  {
    id: "user",
    title: "User",
    show: ({ user }) =>
      user ? (
        <Link to={`/users/${encodeURIComponent(user)}`} title={user} className="hover:underline">
          {user}
        </Link>
      ) : (
        <span className="text-ink-3">Nobody in particular</span>
      ),
    column: { width: "clamp(164px, 14cqw, 250px)" },
    fact: true,
    facet: { single: true },
  },
  {
    id: "description",
    title: "Description",
    show: ({ description }) => (
      <span title={description} className="text-ink-2">
        {description}
      </span>
    ),
    column: { width: 120, grow: true },
  },
  {
    id: "detection_count",
    title: "Count",
    show: (finding) => <span className="tabular">{count(finding.detection_count)}</span>,
    column: { width: 72, align: "right", sort: "detection_count" },
    fact: true,
  },
  {
    id: "first_seen",
    title: "First seen",
    show: (finding) => <When time={finding.first_seen} to="minute" className="tabular" />,
    column: { width: 112, sort: "first_seen" },
    fact: true,
  },
  {
    id: "last_seen",
    title: "Last seen",
    show: (finding) => <Ago time={finding.last_seen} className="tabular" />,
    column: { width: 96, sort: "last_seen" },
    fact: true,
  },
  {
    id: "enriched",
    title: "AI",
    show: (finding) => <AiState finding={finding} />,
    column: { width: 132 },
    facet: { single: true, show: (value) => (value === "true" ? "Enriched" : "Not enriched yet") },
  },
  {
    id: "source",
    title: "Source",
    show: ({ source }) => source ?? <span className="text-ink-3">Unknown</span>,
    facet: {},
    fact: true,
  },
];
