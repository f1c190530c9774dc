import type { Field } from "@/components/data-table/field";
import { RiskScore } from "@/components/risk-score";
import { SeverityBadge } from "@/components/severity-badge";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import type { User } from "@/lib/api/users";
import { count } from "@/lib/format";

/** The fields of a user: the columns of the list. */
export const userFields: readonly Field<User>[] = [
  {
    id: "user",
    title: "User",
    show: ({ user }) => <VisibleText text={user} />,
    column: { width: 240, grow: true, opens: true },
  },
  {
    id: "risk_score",
    title: "Highest risk",
    show: ({ findings, risk_score }) => (findings > 0 ? <RiskScore score={risk_score} /> : <None />),
    column: { width: 124, sort: "risk_score" },
  },
  {
    id: "severity",
    title: "Highest severity",
    show: ({ severity }) => (severity ? <SeverityBadge severity={severity} /> : <None />),
    column: { width: 132 },
  },
  {
    id: "findings",
    title: "Findings",
    show: ({ findings }) => <span className="tabular">{count(findings)}</span>,
    column: { width: 100, align: "right", sort: "findings" },
  },
  {
    id: "events",
    title: "Events",
    show: ({ events }) => <span className="tabular">{count(events)}</span>,
    column: { width: 100, align: "right", sort: "events" },
  },
  {
    id: "sources",
    title: "Sources",
    show: ({ sources }) => (
      <span className="text-ink-2" title={sources.join(", ")}>
        {sources.join(", ")}
      </span>
    ),
    column: { width: 200, grow: true },
  },
  {
    id: "first_seen",
    title: "First seen",
    show: ({ first_seen }) => (first_seen ? <Timestamp time={first_seen} className="tabular" /> : <None />),
    column: { width: 138 },
  },
  {
    id: "last_seen",
    title: "Last seen",
    show: ({ last_seen }) => (last_seen ? <Timestamp time={last_seen} className="tabular" /> : <None />),
    column: { width: 138, sort: "last_seen" },
  },
];

function None() {
  return <span className="text-ink-3">–</span>;
}
