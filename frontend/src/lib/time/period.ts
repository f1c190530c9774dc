import { parseAsStringLiteral, createParser } from "nuqs";

import { duration } from "../format";
import type { TimeFormats } from "./zone";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Relative periods that end now, with their lengths. */
export const LASTS = { "1h": HOUR_MS, "24h": 24 * HOUR_MS, "7d": 168 * HOUR_MS, "30d": 720 * HOUR_MS } as const;
export type Last = keyof typeof LASTS;
export const LAST_TITLES: Record<Last, string> = {
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
};

/** A half-open time range: relative to now, or from `from` (inclusive) to `to` (exclusive); all time by default. */
export interface Period {
  last: Last | null;
  from: string | null;
  to: string | null;
}

export const ALWAYS: Period = { last: null, from: null, to: null };

/** A time in the URL: ISO 8601 in UTC, to the second where that is enough. */
const parseAsInstant = createParser<string>({
  parse: (text) => {
    // a time without a zone is ambiguous, so it is rejected
    const time = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
    return Number.isNaN(time) ? null : instant(time);
  },
  serialize: (time) => time,
});

/** The URL parameters of a period. */
export const periodParsers = {
  last: parseAsStringLiteral(Object.keys(LASTS) as Last[]),
  from: parseAsInstant,
  to: parseAsInstant,
};

/** Formats a time for URLs and the API. */
export function instant(time: number | string | Date): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}

/** Resolves a period to its bounds. */
export function bounds(period: Period, now: number): { from?: string; to?: string } {
  // whole minutes, so that the first bar of a chart is whole and requests within a minute are the same
  if (period.last) return { from: instant(Math.floor((now - LASTS[period.last]) / MINUTE_MS) * MINUTE_MS) };
  return { from: period.from ?? undefined, to: period.to ?? undefined };
}

/** Resolves a period to bounds that end, at the latest, with the current minute. */
export function boundsUntilNow(period: Period, now: number): { from?: string; to?: string } {
  const { from, to } = bounds(period, now);
  return { from, to: to ?? (from === undefined ? undefined : instant(Math.ceil(now / MINUTE_MS) * MINUTE_MS)) };
}

/** Whether a time lies in a period. */
export function within(period: Period, time: string, now: number): boolean {
  const { from, to } = bounds(period, now);
  if (from === undefined && to === undefined) return true;
  const at = Date.parse(time);
  return (from === undefined || at >= Date.parse(from)) && (to === undefined || at < Date.parse(to));
}

/** Formats a period for people. */
export function periodTitle({ last, from, to }: Period, formats: TimeFormats): string {
  if (last) return LAST_TITLES[last];
  const edge = (time: string) => formats.stamp(time).replace(/:00$/, "");
  if (from && to) return `${edge(from)} – ${edge(to)}`;
  if (from) return `Since ${edge(from)}`;
  return to ? `Before ${edge(to)}` : "All time";
}

/** Formats the duration between two times. */
export const length = (from: string, to: string): string => duration(Date.parse(to) - Date.parse(from));
