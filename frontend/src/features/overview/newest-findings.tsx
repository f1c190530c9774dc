import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { Link } from "react-router";

import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { RiskScore } from "@/components/risk-score";
import { SeverityBadge } from "@/components/severity-badge";
import { Loading, Skeleton } from "@/components/skeleton";
import { Ago } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import { getFindings } from "@/lib/api/findings";
import { loadLive } from "@/lib/live/load-live";
import { useLiveList, useLiveFindings } from "@/lib/live/use-live-list";
import { cn } from "@/lib/class-names";
import { DIMMED } from "@/components/data-table/data-table";
import { bounds, type Period, within } from "@/lib/time/period";
import { useCallback, useEffect, useMemo } from "react";

const SHOWN = 16;
const NONE: never[] = [];

/** The newest findings; new ones appear at the top as they are raised. */
export function NewestFindings({ period }: { period: Period }) {
  const query = useQuery({
    queryKey: ["findings", "newest", period],
    queryFn: ({ signal }) =>
      loadLive(() => {
        const { from, to } = bounds(period, Date.now());
        return getFindings({ page_size: SHOWN, from_timestamp: from, to_timestamp: to }, signal);
      }),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
  const matches = useCallback(
    (finding: { first_seen: string }) => within(period, finding.first_seen, Date.now()),
    [period],
  );
  const live = useLiveFindings();
  const loadedAt = query.data?.snapshot.revision ?? 0;
  const { items, pending, stale } = useLiveList(query.data?.items ?? NONE, loadedAt, matches, live);
  const { refetch, isFetching } = query;
  useEffect(() => {
    if (stale && !isFetching) void refetch();
  }, [stale, isFetching, refetch]);
  const shown = useMemo(
    () =>
      [...items, ...pending.map(({ finding }) => finding)]
        .map((finding) => ({ finding, at: Date.parse(finding.first_seen) }))
        .sort((one, other) => other.at - one.at || other.finding.id - one.finding.id)
        .slice(0, SHOWN)
        .map(({ finding }) => finding),
    [items, pending],
  );
  if (query.error && !query.data)
    return <ErrorState error={query.error} retry={() => void query.refetch()} busy={query.isFetching} />;
  if (!query.data)
    return (
      <Loading what="the newest findings">
        {Array.from({ length: SHOWN }, (_, index) => (
          <div key={index} className="flex h-10 items-center border-t px-4">
            <Skeleton className="h-3.5 w-full" />
          </div>
        ))}
      </Loading>
    );
  if (shown.length === 0)
    return (
      <EmptyState icon={ShieldCheck} title="No findings">
        Findings appear here as soon as a rule matches.
      </EmptyState>
    );
  const known = new Set(query.data.items.map((item) => item.uid));
  return (
    <ul
      aria-label="Newest findings"
      aria-busy={query.isPlaceholderData}
      className={cn("max-lg:[&>:nth-child(n+9)]:hidden", query.isPlaceholderData && DIMMED)}
    >
      {shown.map((finding) => (
        <li key={finding.uid} className={known.has(finding.uid) ? "border-t" : "animate-flash border-t"}>
          <Link to={`/findings/${finding.id}`} className="flex h-10 items-center gap-3 px-4 hover:bg-sunken">
            <SeverityBadge severity={finding.severity} className="w-22 shrink-0" />
            <span className="min-w-0 flex-1 truncate font-medium sm:max-w-64 sm:flex-none">{finding.title}</span>
            <span className="hidden min-w-0 flex-1 truncate text-ink-2 sm:block">
              <VisibleText text={finding.user ?? finding.description} />
            </span>
            <RiskScore score={finding.risk_score ?? null} className="ml-auto hidden shrink-0 lg:inline-flex" />
            <Ago time={finding.first_seen} className="tabular w-18 shrink-0 text-right text-xs text-ink-2" />
          </Link>
        </li>
      ))}
    </ul>
  );
}
