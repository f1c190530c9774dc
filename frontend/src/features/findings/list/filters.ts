import { type inferParserType, parseAsArrayOf, parseAsInteger, parseAsString, parseAsStringLiteral } from "nuqs";

import type { FindingFilter } from "@/lib/api/findings";
import { SEVERITIES } from "@/lib/severity";
import { OPEN_STATUSES, STATUSES } from "@/lib/status";
import { bounds, periodParsers } from "@/lib/time/period";

/** The value of the filter for findings without an assignee. */
export const UNASSIGNED = "unassigned";

const YES_NO = ["false", "true"] as const;
const STATES = ["standing", "withdrawn"] as const;

/** The URL parameters of the filter. */
export const filterParsers = {
  view: parseAsStringLiteral(["work", "all"]),
  status: parseAsArrayOf(parseAsStringLiteral(STATUSES)).withDefault([]),
  assignee: parseAsArrayOf(parseAsString).withDefault([]),
  label: parseAsArrayOf(parseAsString).withDefault([]),
  severity: parseAsArrayOf(parseAsStringLiteral(SEVERITIES)).withDefault([]),
  rule: parseAsArrayOf(parseAsString).withDefault([]),
  source: parseAsArrayOf(parseAsString).withDefault([]),
  state: parseAsArrayOf(parseAsStringLiteral(STATES)).withDefault([]),
  suppressed: parseAsArrayOf(parseAsStringLiteral(YES_NO)).withDefault([]),
  user: parseAsString,
  enriched: parseAsStringLiteral(["true", "false"]),
  risk_min: parseAsInteger,
  q: parseAsString.withDefault(""),
  ...periodParsers,
};

export type Filters = inferParserType<typeof filterParsers>;

export const NO_FILTERS: Filters = {
  view: null,
  status: [],
  assignee: [],
  label: [],
  severity: [],
  rule: [],
  source: [],
  state: [],
  suppressed: [],
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
  return Object.entries(filters).some(([name, value]) => {
    if (name === "view") return false;
    return Array.isArray(value) ? value.length > 0 : value !== null && value !== "";
  });
}

/**
 * The view: `work` shows open findings, unassigned or mine, as far as no status and no assignee is chosen. It is the
 * default; a link with filters and without a view shows all that they select.
 */
export const viewOf = (filters: Filters): "work" | "all" => filters.view ?? (isFiltered(filters) ? "all" : "work");

/** Applies a change in the same view; the default view is not written to the URL. */
export function changed(filters: Filters, change: Partial<Filters>): Filters {
  const next = { ...filters, view: viewOf(filters), ...change };
  return next.view === "work" && !isFiltered(next) ? { ...next, view: null } : next;
}

/** Makes the conditions of the view explicit. */
export function inView(filters: Filters, me: string | null): Filters {
  if (viewOf(filters) === "all") return filters;
  const { status, assignee } = filters;
  return {
    ...filters,
    status: status.length > 0 ? status : OPEN_STATUSES,
    assignee: assignee.length > 0 ? assignee : [UNASSIGNED, ...(me === null ? [] : [me])],
  };
}

/** Converts filters to the parameters of the API; relative periods are resolved against `now`. */
export function toQuery(filters: Filters, now: number): FindingFilter {
  const { from, to } = bounds(filters, now);
  const some = <T>(values: T[]) => (values.length > 0 ? values : undefined);
  return {
    severity: some(filters.severity),
    rule: some(filters.rule),
    source: some(filters.source),
    status: some(filters.status),
    assignee: some(filters.assignee),
    label: some(filters.label),
    // what later evidence withdrew is listed on request only
    state: some(filters.state) ?? ["standing"],
    // and so is what an exception suppresses
    suppressed: some(filters.suppressed.map((value) => value === "true")) ?? [false],
    user: filters.user ?? undefined,
    enriched: filters.enriched === null ? undefined : filters.enriched === "true",
    risk_min: filters.risk_min ?? undefined,
    q: filters.q || undefined,
    from_timestamp: from,
    to_timestamp: to,
  };
}
