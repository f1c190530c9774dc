import { type inferParserType, parseAsArrayOf, parseAsString } from "nuqs";

import type { EventFilter } from "@/lib/api/events";
import { bounds, periodParsers } from "@/lib/time/period";

/** The URL parameters of the filter. */
export const filterParsers = {
  event_type: parseAsArrayOf(parseAsString).withDefault([]),
  source: parseAsArrayOf(parseAsString).withDefault([]),
  fact: parseAsArrayOf(parseAsString).withDefault([]),
  user: parseAsString,
  ...periodParsers,
};

export type Filters = inferParserType<typeof filterParsers>;

export const NO_FILTERS: Filters = {
  event_type: [],
  source: [],
  fact: [],
  user: null,
  last: null,
  from: null,
  to: null,
};

/** The number of active filters; a period is one. */
export function countFilters({ event_type, source, fact, user, last, from, to }: Filters): number {
  const period = last !== null || from !== null || to !== null;
  return event_type.length + source.length + fact.length + (user === null ? 0 : 1) + (period ? 1 : 0);
}

/** Converts filters to the parameters of the API; relative periods are resolved against `now`. */
export function toQuery({ event_type, source, fact, user, ...period }: Filters, now: number): EventFilter {
  const { from, to } = bounds(period, now);
  const some = <T>(values: T[]) => (values.length > 0 ? values : undefined);
  return {
    event_type: some(event_type),
    source: some(source),
    fact: some(fact),
    user: user ?? undefined,
    from_timestamp: from,
    to_timestamp: to,
  };
}
