import { type inferParserType, parseAsArrayOf, parseAsInteger, parseAsString, parseAsStringLiteral } from "nuqs";

import type { FindingFilter } from "@/lib/api/findings";
import type { StreamFinding } from "@/lib/live/frames";
import { SEVERITIES } from "@/lib/severity";
import { bounds, periodParsers, within } from "@/lib/time/period";

/** What the address says of which findings are shown. */
export const filterParsers = {
  severity: parseAsArrayOf(parseAsStringLiteral(SEVERITIES)).withDefault([]),
  rule: parseAsArrayOf(parseAsString).withDefault([]),
  source: parseAsArrayOf(parseAsString).withDefault([]),
  user: parseAsString,
  enriched: parseAsStringLiteral(["true", "false"]),
  risk_min: parseAsInteger,
  q: parseAsString.withDefault(""),
  ...periodParsers,
};

export type Filters = inferParserType<typeof filterParsers>;

export const NO_FILTERS: Filters = {
  severity: [],
  rule: [],
  source: [],
  user: null,
  enriched: null,
  risk_min: null,
  q: "",
  last: null,
  from: null,
  to: null,
};

/** Says whether anything is filtered out. */
export function isFiltered(filters: Filters): boolean {
  return Object.values(filters).some((value) =>
    Array.isArray(value) ? value.length > 0 : value !== null && value !== "",
  );
}

/** Puts filters as the API takes them; a period that ends now is counted from `now`. */
export function toQuery(filters: Filters, now: number): FindingFilter {
  const { from, to } = bounds(filters, now);
  const some = <T>(values: T[]) => (values.length > 0 ? values : undefined);
  return {
    severity: some(filters.severity),
    rule: some(filters.rule),
    source: some(filters.source),
    user: filters.user ?? undefined,
    enriched: filters.enriched === null ? undefined : filters.enriched === "true",
    risk_min: filters.risk_min ?? undefined,
    q: filters.q || undefined,
    from_timestamp: from,
    to_timestamp: to,
  };
}

/** Says whether the API would list a finding under these filters, for those that the stream tells of. */
export function matches(filters: Filters, finding: StreamFinding, now: number): boolean {
  const among = (chosen: readonly string[], value: string | null | undefined) =>
    chosen.length === 0 || (value != null && chosen.includes(value));
  const enriched = finding.risk_score != null;
  return (
    among(filters.severity, finding.severity) &&
    among(filters.rule, finding.rule_name) &&
    among(filters.source, finding.source) &&
    (filters.user === null || finding.user === filters.user) &&
    (filters.enriched === null || enriched === (filters.enriched === "true")) &&
    (filters.risk_min === null || (finding.risk_score ?? -1) >= filters.risk_min) &&
    within(filters, finding.first_seen, now) &&
    says(finding, filters.q)
  );
}

function says(finding: StreamFinding, q: string): boolean {
  if (!q) return true;
  const wanted = q.toLowerCase();
  return [finding.title, finding.description, finding.rule_name, finding.user].some((text) =>
    text?.toLowerCase().includes(wanted),
  );
}
