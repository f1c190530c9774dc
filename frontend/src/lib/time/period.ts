import { parseAsStringLiteral, createParser } from "nuqs";

import { duration } from "../format";
import type { TimeFormats } from "./zone";

const HOUR_MS = 3_600_000;

/** Stretches of time that end now, with their lengths. */
export const LASTS = { "1h": HOUR_MS, "24h": 24 * HOUR_MS, "7d": 168 * HOUR_MS, "30d": 720 * HOUR_MS } as const;
export type Last = keyof typeof LASTS;
export const LAST_TITLES: Record<Last, string> = {
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
};

/** Which times count: those of the last while, or those from `from` (included) to `to` (not included); all by default. */
export interface Period {
  last: Last | null;
  from: string | null;
  to: string | null;
}

export const ALWAYS: Period = { last: null, from: null, to: null };

/** A time as addresses have it: ISO 8601 in UTC, to the second where that is enough. */
const parseAsInstant = createParser<string>({
  parse: (text) => {
    // a bare date or time is a guess at a zone, so it is none
    const time = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
    return Number.isNaN(time) ? null : instant(time);
  },
  serialize: (time) => time,
});

/** The address's part of a period. */
export const periodParsers = {
  last: parseAsStringLiteral(Object.keys(LASTS) as Last[]),
  from: parseAsInstant,
  to: parseAsInstant,
};

/** Writes a time as addresses and the API take it. */
export function instant(time: number | string | Date): string {
  return new Date(time).toISOString().replace(".000Z", "Z");
}

/** Says from when to when a period lasts, now. */
export function bounds(period: Period, now: number): { from?: string; to?: string } {
  if (period.last) return { from: instant(now - LASTS[period.last]) };
  return { from: period.from ?? undefined, to: period.to ?? undefined };
}

/** Says whether a time lies in a period. */
export function within(period: Period, time: string, now: number): boolean {
  const { from, to } = bounds(period, now);
  if (from === undefined && to === undefined) return true;
  const at = Date.parse(time);
  return (from === undefined || at >= Date.parse(from)) && (to === undefined || at < Date.parse(to));
}

/** Says a period in words. */
export function periodTitle({ last, from, to }: Period, formats: TimeFormats): string {
  if (last) return LAST_TITLES[last];
  const edge = (time: string) => formats.stamp(time).replace(/:00$/, "");
  if (from && to) return `${edge(from)} – ${edge(to)}`;
  if (from) return `Since ${edge(from)}`;
  return to ? `Before ${edge(to)}` : "All time";
}

/** Says how long a stretch of time is, in the words of durations. */
export const length = (from: string, to: string): string => duration(Date.parse(to) - Date.parse(from));
