import { MAX_DAYS } from "@/lib/api/exceptions";

const DAY_MS = 86_400_000;

/** Writes the day of a time in UTC, as a date field has it: 2026-11-25. */
export const dayOf = (time: number | string): string => new Date(time).toISOString().slice(0, "2026-11-25".length);

/** The start of a day in UTC, as the API has it. */
export const startOf = (day: string): string => `${day}T00:00:00Z`;

/** Adds days to a day. */
export const plusDays = (day: string, days: number): string => dayOf(Date.parse(startOf(day)) + days * DAY_MS);

/** The days of an exception that is made now for findings since a time: 30 more days, at most the longest period. */
export function defaultPeriod(since: string | undefined, now: number): { from: string; until: string } {
  const until = plusDays(dayOf(now), 30);
  const earliest = plusDays(until, -MAX_DAYS);
  const from = dayOf(since === undefined ? now - 30 * DAY_MS : since);
  return { from: from < earliest ? earliest : from, until };
}
