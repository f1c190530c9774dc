import { type inferParserType, parseAsArrayOf, parseAsInteger, parseAsString, parseAsStringLiteral } from "nuqs";

import type { FindingFilter } from "@/lib/api/findings";
import { SEVERITIES } from "@/lib/severity";
import { bounds, periodParsers } from "@/lib/time/period";

const STATES = ["standing", "withdrawn"] as const;

/** The URL parameters of the filter. */
export const filterParsers = {
  severity: parseAsArrayOf(parseAsStringLiteral(SEVERITIES)).withDefault([]),
  rule: parseAsArrayOf(parseAsString).withDefault([]),
  source: parseAsArrayOf(parseAsString).withDefault([]),
  state: parseAsArrayOf(parseAsStringLiteral(STATES)).withDefault([]),
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
  state: [],
  user: null,
  enriched: null,
  risk_min: null,
  q: "",
  last: null,
  from: null,
  to: null,
};

/** Whether any filter is active. */
export function isFiltered(filters: Filters): boolean {
  return Object.values(filters).some((value) =>
    Array.isArray(value) ? value.length > 0 : value !== null && value !== "",
  );
}

/** Converts filters to the parameters of the API; relative periods are resolved against `now`. */
export function toQuery(filters: Filters, now: number): FindingFilter {
  const { from, to } = bounds(filters, now);
  const some = <T>(values: T[]) => (values.length > 0 ? values : undefined);
  return {
    severity: some(filters.severity),
    rule: some(filters.rule),
    source: some(filters.source),
    // what later evidence withdrew is listed on request only
    state: some(filters.state) ?? ["standing"],
    user: filters.user ?? undefined,
    enriched: filters.enriched === null ? undefined : filters.enriched === "true",
    risk_min: filters.risk_min ?? undefined,
    q: filters.q || undefined,
    from_timestamp: from,
    to_timestamp: to,
  };
}
