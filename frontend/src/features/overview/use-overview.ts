import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { getOverview, getSummary } from "@/lib/api/stats";
import { readLive } from "@/lib/live/read-live";
import { useLive } from "@/lib/live/store";
import { bounds, type Period } from "@/lib/time/period";

import { intervalOf, isLimited } from "./period-state";

const EVERY_MS = 15_000;

/** The figures of a period; without one they are those of everything, and move with the stream. */
export function useOverview(period: Period) {
  const interval = intervalOf(period);
  const summary = useQuery({
    queryKey: ["overview", "summary", period],
    queryFn: ({ signal }) => getSummary({ ...bounds(period, Date.now()), interval }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  });
  const overview = useQuery({
    queryKey: ["overview", "ranking", period],
    queryFn: ({ signal }) => readLive(() => getOverview(bounds(period, Date.now()), signal)),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  });
  const told = useLive((state) => state.summary);
  const now = isLimited(period) ? null : told;
  return {
    summary,
    overview,
    interval,
    figures: {
      events: now?.total_events ?? summary.data?.total_events,
      findings: now?.total_findings ?? summary.data?.total_findings,
      bySeverity: now?.findings_by_severity ?? summary.data?.findings_by_severity,
      unenriched: now?.unenriched ?? overview.data?.unenriched,
      // how fast events come in now has nothing to do with a period
      perSecond: told?.events_per_second ?? overview.data?.events_per_second,
    },
  };
}
