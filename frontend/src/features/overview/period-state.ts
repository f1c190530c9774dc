import { useQueryStates } from "nuqs";
import { useCallback } from "react";

import { type Period, periodParsers } from "@/lib/time/period";

/** The period of the overview; part of the URL. */
export function usePeriod(): [Period, (period: Period) => void] {
  const [period, set] = useQueryStates(periodParsers, { history: "push" });
  return [period, useCallback((next) => void set(next), [set])];
}

/** Whether the period is less than all time. */
export const isLimited = (period: Period): boolean => Object.values(period).some((part) => part !== null);

/** The period as query parameters, for links to the lists of the same period. */
export function periodQuery(period: Period, more: Record<string, string> = {}): string {
  const query = new URLSearchParams(more);
  for (const [name, value] of Object.entries(period)) if (value !== null) query.set(name, value);
  const text = query.toString();
  return text && `?${text}`;
}
