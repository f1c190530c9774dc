import { keepPreviousData, useQuery } from "@tanstack/react-query";

import { type FindingFacets, getFindingFacets } from "@/lib/api/findings";
import { getOverview, getSummary, getTimeline } from "@/lib/api/stats";
import { loadLive } from "@/lib/live/load-live";
import { useLive } from "@/lib/live/store";
import { bounds, boundsUntilNow, type Period } from "@/lib/time/period";

import { isLimited } from "./period-state";

const REFETCH_MS = 15_000;

/** The data of the overview. The figures of a period are exact; those of all time update with the stream. */
export function useOverview(period: Period) {
  const limited = isLimited(period);
  const options = { placeholderData: keepPreviousData, refetchInterval: REFETCH_MS } as const;
  const timeline = useQuery({
    queryKey: ["overview", "timeline", period],
    queryFn: ({ signal }) => getTimeline(boundsUntilNow(period, Date.now()), signal),
    ...options,
  });
  const totals = useQuery({
    queryKey: ["overview", "totals", period],
    queryFn: async ({ signal }) => {
      if (!limited) return ofSummary(await getSummary({}, signal));
      const { from, to } = bounds(period, Date.now());
      return ofFacets(await getFindingFacets({ from_timestamp: from, to_timestamp: to }, signal));
    },
    ...options,
  });
  const ranking = useQuery({
    queryKey: ["overview", "ranking", period],
    queryFn: ({ signal }) => loadLive(() => getOverview(bounds(period, Date.now()), signal)),
    ...options,
  });
  const streamed = useLive((state) => state.summary);
  const current = limited ? null : streamed;
  const counted = timeline.data?.steps.reduce((sum, step) => sum + step.events, 0);
  return {
    timeline,
    totals,
    ranking,
    /** The figures are those of another period, until the chosen one has loaded. */
    busy: timeline.isPlaceholderData || totals.isPlaceholderData || ranking.isPlaceholderData,
    figures: {
      events: current?.total_events ?? totals.data?.events ?? counted,
      findings: current?.total_findings ?? totals.data?.findings,
      bySeverity: current?.findings_by_severity ?? totals.data?.bySeverity,
      unscored: current?.unenriched ?? totals.data?.unscored ?? ranking.data?.unenriched,
      withdrawn: totals.data?.withdrawn,
      suppressed: current?.suppressed_findings ?? totals.data?.suppressed,
      // the current event rate does not depend on the period
      perSecond: streamed?.events_per_second ?? ranking.data?.events_per_second,
    },
  };
}

interface Totals {
  events?: number;
  findings: number;
  bySeverity: Partial<Record<string, number>>;
  unscored?: number;
  withdrawn?: number;
  suppressed?: number;
}

function ofSummary(summary: Awaited<ReturnType<typeof getSummary>>): Totals {
  const { total_events: events, total_findings: findings, findings_by_severity: bySeverity } = summary;
  return {
    events,
    findings,
    bySeverity,
    withdrawn: summary.withdrawn_findings,
    suppressed: summary.suppressed_findings,
  };
}

function ofFacets({ severity, enriched, state, suppressed }: FindingFacets): Totals {
  return {
    withdrawn: state.find(({ value }) => value === "withdrawn")?.count ?? 0,
    suppressed: suppressed.find(({ value }) => value === "true")?.count ?? 0,
    findings: severity.reduce((sum, each) => sum + each.count, 0),
    bySeverity: Object.fromEntries(severity.map(({ value, count }) => [value, count])),
    unscored: enriched.find(({ value }) => value === "false")?.count ?? 0,
  };
}
