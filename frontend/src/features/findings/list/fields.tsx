import { Link } from "react-router";

import type { Card } from "@/components/data-table/row";
import type { Field } from "@/components/data-table/field";
import { RiskScore } from "@/components/risk-score";
import { SeverityBadge } from "@/components/severity-badge";
import { StatusBadge } from "@/components/status-badge";
import { SuppressedBadge } from "@/components/suppressed-badge";
import { Ago, Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import { WithdrawnBadge } from "@/components/withdrawn-badge";
import type { Finding } from "@/lib/api/findings";
import { exceptionName } from "@/lib/api/exceptions";
import { count, plural, words } from "@/lib/format";
import type { Severity } from "@/lib/severity";
import { type Status, STATUS_NAMES } from "@/lib/status";

import { EnrichmentStatus } from "../enrichment/enrichment-status";
import { subjectOf } from "../subject";
import { SelectBox } from "../triage/selection";
import { UNASSIGNED } from "./filters";

export const SUPPRESSED_NAMES = { false: "Not suppressed", true: "Suppressed" };

/** The fields of a finding in the list: columns and filters. */
export const findingFields: readonly Field<Finding>[] = [
  {
    id: "severity",
    title: "Severity",
    show: (finding) => <SeverityBadge severity={finding.severity} />,
    column: { width: 102, sort: "severity" },
    facet: { show: (value) => <SeverityBadge severity={value as Severity} /> },
  },
  {
    id: "risk_score",
    title: "Risk",
    show: (finding) => <Risk finding={finding} />,
    column: { width: 132, sort: "risk_score" },
  },
  {
    id: "rule",
    title: "Finding",
    show: (finding) => <Title finding={finding} />,
    column: { width: 320, grow: true, opens: true, detail: (finding) => <Details finding={finding} /> },
    facet: { title: "Rule", show: words },
  },
  {
    id: "status",
    title: "Status",
    show: (finding) => <ListedStatus status={finding.status} />,
    column: { width: 118, detail: (finding) => <Assignee finding={finding} /> },
    facet: { show: (value) => STATUS_NAMES[value as Status] },
  },
  {
    id: "detection_count",
    title: "Detections",
    show: (finding) => <span className="tabular">{count(finding.detection_count)}</span>,
    column: { width: 102, align: "right", sort: "detection_count" },
  },
  {
    id: "first_seen",
    title: "First seen",
    show: (finding) => <Timestamp time={finding.first_seen} to="minute" className="tabular" />,
    column: { width: 116, sort: "first_seen" },
  },
  {
    id: "last_seen",
    title: "Last seen",
    show: (finding) => <Ago time={finding.last_seen} className="tabular" />,
    column: { width: 98, sort: "last_seen" },
  },
  {
    id: "assignee",
    title: "Assignee",
    show: ({ assignee }) => assignee !== null && <VisibleText text={assignee} />,
    column: { width: 168 },
    facet: { show: (name) => (name === UNASSIGNED ? "Unassigned" : name) },
  },
  { id: "label", title: "Label", show: ({ labels }) => labels.join(", "), column: { width: 140 }, facet: {} },
  {
    id: "user",
    title: "User",
    show: ({ user }) => user !== null && <VisibleText text={user} />,
    column: { width: 168 },
    facet: { single: true },
  },
  {
    id: "enriched",
    title: "AI score",
    show: (finding) => <EnrichmentStatus finding={finding} />,
    facet: { single: true, show: (value) => (value === "true" ? "Scored" : "Not scored") },
  },
  { id: "source", title: "Source", show: ({ source }) => source, column: { width: 128 }, facet: {} },
  {
    id: "state",
    title: "State",
    show: ({ withdrawn }) => (withdrawn ? "Withdrawn" : "Standing"),
    facet: { show: words },
  },
  {
    id: "suppressed",
    title: "Exceptions",
    show: ({ suppressed_by }) => suppressed_by !== null && exceptionName(suppressed_by),
    facet: { show: (value) => SUPPRESSED_NAMES[value as keyof typeof SUPPRESSED_NAMES] },
  },
];

/** The column that selects findings for actions in bulk. */
export const selectField: Field<Finding> = {
  id: "select",
  title: "Select",
  show: (finding) => <SelectBox finding={finding} />,
  column: { width: 54, untitled: true },
};

/** The heights of a row in the table and of a card. */
export const ROW_HEIGHT = 56;
export const CARD_HEIGHT = 116;

/** A finding on a phone. */
export const findingCard: Card<Finding> = (finding, link) => (
  <div className="grid grid-cols-1 gap-1">
    <div className="flex items-center gap-2">
      <SelectBox finding={finding} />
      <SeverityBadge severity={finding.severity} />
      <Risk finding={finding} />
      <Ago time={finding.last_seen} className="tabular ml-auto text-xs text-ink-2" />
    </div>
    <div className="font-medium">{link(<Title finding={finding} />)}</div>
    <div className="truncate text-xs text-ink-2">
      <Details finding={finding} />
    </div>
    <div className="tabular truncate text-xs text-ink-3">
      <ListedStatus status={finding.status} /> {plural(finding.detection_count, "detection")}, first seen{" "}
      <Timestamp time={finding.first_seen} to="minute" />
    </div>
  </div>
);

/** The status in a list: most findings are open, and a column of equal words says nothing, so only the others show. */
function ListedStatus({ status }: { status: Status }) {
  return status === "open" ? <span className="sr-only">{STATUS_NAMES[status]}</span> : <StatusBadge status={status} />;
}

function Assignee({ finding: { assignee } }: { finding: Finding }) {
  return assignee !== null && <VisibleText text={assignee} />;
}

/** The score, or where its enrichment stands. */
function Risk({ finding }: { finding: Finding }) {
  return (
    <span className="inline-flex items-center gap-2">
      {finding.risk_score !== null && <RiskScore score={finding.risk_score} />}
      <EnrichmentStatus finding={finding} compact />
    </span>
  );
}

/** What happened. */
function Title({ finding }: { finding: Finding }) {
  return (
    <span title={finding.description} className="font-medium">
      {/* first, where a long title does not cut it off */}
      {finding.suppressed_by !== null && <SuppressedBadge number={finding.suppressed_by} className="mr-2" />}
      {finding.title}
      {finding.withdrawn && <WithdrawnBadge className="ml-2" />}
    </span>
  );
}

/** Who and where, then the rest of the description. */
function Details({ finding }: { finding: Finding }) {
  const { user, source } = finding;
  return (
    <>
      {user ? (
        <Link to={`/users/${encodeURIComponent(user)}`} title={user} className="hover:underline">
          <VisibleText text={user} />
        </Link>
      ) : (
        <VisibleText text={subjectOf(finding)} />
      )}
      {source && <> · {source}</>}
      {finding.labels.map((label) => ` #${label}`)}
    </>
  );
}
