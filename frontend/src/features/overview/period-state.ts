import { useQueryStates } from "nuqs";
import { useCallback } from "react";

import { LASTS, type Period, periodParsers } from "@/lib/time/period";

const HOURLY_UP_TO_MS = LASTS["7d"];

/** Which period the overview shows; it stands in the address. */
export function usePeriod(): [Period, (period: Period) => void] {
  const [period, set] = useQueryStates(periodParsers, { history: "push" });
  return [period, useCallback((next) => void set(next), [set])];
}

/** Whether anything is left out. */
export const isLimited = (period: Period): boolean => Object.values(period).some((part) => part !== null);

/** How fine the events over time are counted: by the hour for a few days, by the day for more. */
export function intervalOf(period: Period): "hour" | "day" {
  if (period.last) return LASTS[period.last] <= HOURLY_UP_TO_MS ? "hour" : "day";
  if (!period.from || !period.to) return "day";
  return Date.parse(period.to) - Date.parse(period.from) <= HOURLY_UP_TO_MS ? "hour" : "day";
}

/** The period as a query, for links to lists of what happened in it. */
export function periodQuery(period: Period, more: Record<string, string> = {}): string {
  const query = new URLSearchParams(more);
  for (const [name, value] of Object.entries(period)) if (value !== null) query.set(name, value);
  const text = query.toString();
  return text && `?${text}`;
}
