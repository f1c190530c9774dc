import type { FindingFilter } from "@/lib/api/findings";
import type { StreamFinding } from "@/lib/live/frames";

import { UNASSIGNED } from "../list/filters";

type Key = keyof FindingFilter;
type Condition<K extends Key> = (value: NonNullable<FindingFilter[K]>, finding: StreamFinding) => boolean;

/**
 * The conditions of the API's finding filter, one per parameter: the dashboard's copy of what `/findings` selects, for
 * findings that arrive on the stream. A parameter that the API adds is a type error here until it has its condition.
 */
export const CONDITIONS: { readonly [K in Key]: Condition<K> } = {
  severity: (values, finding) => values.length === 0 || values.includes(finding.severity),
  user: (value, finding) => finding.user === value,
  rule: (values, finding) => values.length === 0 || values.includes(finding.rule_name),
  source: (values, finding) => values.length === 0 || (finding.source != null && values.includes(finding.source)),
  state: (values, finding) => values.includes(finding.withdrawn ? "withdrawn" : "standing"),
  suppressed: (values, finding) => values.length === 0 || values.includes(finding.suppressed_by != null),
  status: (values, finding) => values.length === 0 || values.includes(finding.status),
  assignee: (values, finding) => values.length === 0 || values.includes(finding.assignee ?? UNASSIGNED),
  label: (values, finding) => values.length === 0 || values.some((label) => finding.labels.includes(label)),
  risk_min: (value, finding) => finding.risk_score != null && finding.risk_score >= value,
  enriched: (value, finding) => (finding.risk_score != null) === value,
  q: (value, finding) => {
    const text = foldCase(value);
    return [finding.title, finding.description, finding.rule_name, finding.user].some(
      (field) => field != null && foldCase(field).includes(text),
    );
  },
  from_date: (value, finding) => dayOf(finding.first_seen) >= dayOf(value),
  to_date: (value, finding) => dayOf(finding.first_seen) <= dayOf(value),
  from_timestamp: (value, finding) => compareTimes(finding.first_seen, value) >= 0,
  to_timestamp: (value, finding) => compareTimes(finding.first_seen, value) < 0,
};

/** The day in UTC. */
const dayOf = (time: string): string => new Date(time).toISOString().slice(0, "2026-11-25".length);

/** Compares two times to the microsecond, which the API has and `Date` has not. */
function compareTimes(one: string, other: string): number {
  return Date.parse(one) - Date.parse(other) || microseconds(one) - microseconds(other);
}

const microseconds = (time: string): number => Number((/\.(\d+)/.exec(time)?.[1] ?? "").padEnd(6, "0").slice(3, 6));

/** Unicode's full case folding, as the API has it: Σ, σ and ς are equal, so are ẞ, ß and SS, but not ı and i. */
function foldCase(text: string): string {
  return Array.from(text, (character) =>
    character === "ı" ? character : character.toLowerCase().toUpperCase().toLowerCase(),
  ).join("");
}

/** Whether the API would list a finding under a filter. */
export function matches(filter: FindingFilter, finding: StreamFinding): boolean {
  return (Object.keys(CONDITIONS) as Key[]).every((key) => holds(key, filter, finding));
}

function holds<K extends Key>(key: K, filter: FindingFilter, finding: StreamFinding): boolean {
  const condition: Condition<K> = CONDITIONS[key];
  const value = filter[key];
  return value == null || condition(value, finding);
}
