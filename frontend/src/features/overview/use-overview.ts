import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { getOverview, getSummary } from "@/lib/api/stats";
import { loadLive } from "@/lib/live/load-live";
import { useLive } from "@/lib/live/store";
import { bounds, type Period } from "@/lib/time/period";

import { intervalOf, isLimited } from "./period-state";

const REFETCH_MS = 15_000;

/** The figures of a period; those of all time update with the stream. */
export function useOverview(period: Period) {
  const interval = intervalOf(period);
  const summary = useQuery({
    queryKey: ["overview", "summary", period],
    queryFn: ({ signal }) => getSummary({ ...bounds(period, Date.now()), interval }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFETCH_MS,
  });
  const overview = useQuery({
    queryKey: ["overview", "ranking", period],
    queryFn: ({ signal }) => loadLive(() => getOverview(bounds(period, Date.now()), signal)),
    placeholderData: keepPreviousData,
    refetchInterval: REFETCH_MS,
  });
  const streamed = useLive((state) => state.summary);
  const now = isLimited(period) ? null : streamed;
  return {
    summary,
    overview,
    interval,
    figures: {
      events: now?.total_events ?? summary.data?.total_events,
      findings: now?.total_findings ?? summary.data?.total_findings,
      bySeverity: now?.findings_by_severity ?? summary.data?.findings_by_severity,
      unenriched: now?.unenriched ?? overview.data?.unenriched,
      // the current event rate does not depend on a period
      perSecond: streamed?.events_per_second ?? overview.data?.events_per_second,
    },
  };
}
