import { useQueryStates } from "nuqs";
import { useCallback } from "react";

import { LASTS, type Period, periodParsers } from "@/lib/time/period";

const MAX_HOURLY_MS = LASTS["7d"];

/** The period of the overview; part of the URL. */
export function usePeriod(): [Period, (period: Period) => void] {
  const [period, set] = useQueryStates(periodParsers, { history: "push" });
  return [period, useCallback((next) => void set(next), [set])];
}

/** Whether the period is less than all time. */
export const isLimited = (period: Period): boolean => Object.values(period).some((part) => part !== null);

/** The step of the charts: minutes for a few hours, hours for a few days, else days. */
export function intervalOf(period: Period): "hour" | "day" {
  if (period.last) return LASTS[period.last] <= MAX_HOURLY_MS ? "hour" : "day";
  if (!period.from || !period.to) return "day";
  return Date.parse(period.to) - Date.parse(period.from) <= MAX_HOURLY_MS ? "hour" : "day";
}

/** The period as query parameters, for links to the lists of the same period. */
export function periodQuery(period: Period, more: Record<string, string> = {}): string {
  const query = new URLSearchParams(more);
  for (const [name, value] of Object.entries(period)) if (value !== null) query.set(name, value);
  const text = query.toString();
  return text && `?${text}`;
}
