import { Activity, X } from "lucide-react";
import { Link } from "react-router";

import { Button } from "@/components/button";
import { DIMMED } from "@/components/data-table/data-table";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { GettingStarted } from "@/components/getting-started";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { Loading, Skeleton } from "@/components/skeleton";
import { TimeRange } from "@/components/time-range";
import { cn } from "@/lib/class-names";
import { ALWAYS } from "@/lib/time/period";

import { FigureCards } from "./figures";
import { NewestFindings } from "./newest-findings";
import { isLimited, periodQuery, usePeriod } from "./period-state";
import { Ranking } from "./ranking";
import { SeverityBars } from "./severity-bars";
import { TimelineCharts } from "./timeline-charts";
import { TriagePanel } from "./triage-panel";
import { useOverview } from "./use-overview";

/** The overview: figures, charts, the newest findings, and the riskiest rules and users. */
export default function OverviewPage() {
  const [period, setPeriod] = usePeriod();
  const { timeline, totals, ranking, busy, figures } = useOverview(period);
  const query = (more: Record<string, string>) => periodQuery(period, more);
  const failed = [timeline, totals, ranking].filter((each) => each.error && !each.data);
  const error = failed[0]?.error;
  return (
    <>
      <PageHeader
        title="Overview"
        actions={
          <>
            {isLimited(period) && (
              <Button variant="quiet" onClick={() => setPeriod(ALWAYS)}>
                <X aria-hidden />
                All time
              </Button>
            )}
            <TimeRange value={period} onChange={setPeriod} />
          </>
        }
      />
      <div aria-busy={busy} className={cn("grid gap-3 px-4 pb-6 lg:grid-cols-3 lg:px-6", busy && DIMMED)}>
        {error && (
          <Panel className="lg:col-span-3">
            <ErrorState
              error={error}
              retry={() => failed.forEach((each) => void each.refetch())}
              busy={failed.some((each) => each.isFetching)}
            />
          </Panel>
        )}
        {!error && (
          <>
            <div className="lg:col-span-3">
              <FigureCards figures={figures} period={period} />
            </div>
            <TriagePanel />
            <Panel
              title="Activity over time"
              className="lg:col-span-2"
              aside={<span className="hidden text-xs text-ink-3 sm:inline">Drag to select a period</span>}
            >
              <div className="h-72">
                {!timeline.data ? (
                  <ChartSkeleton />
                ) : figures.events === 0 ? (
                  <NoEvents limited={isLimited(period)} />
                ) : (
                  <TimelineCharts timeline={timeline.data} onPeriod={setPeriod} />
                )}
              </div>
            </Panel>
            <Panel title="Findings by severity" aside={<AllStatuses />}>
              <div className="h-60">
                <SeverityBars counts={figures.bySeverity} period={period} />
              </div>
            </Panel>
          </>
        )}
        <Panel
          title="Newest findings"
          flush
          className={error ? "lg:col-span-3" : "row-span-2 lg:col-span-2"}
          aside={
            <Link to={`/findings${query({ view: "all" })}`} className="text-accent-strong hover:underline">
              All findings
            </Link>
          }
        >
          <NewestFindings period={period} />
        </Panel>
        {!error && (
          <>
            <Panel title="Top rules by risk" flush aside={<AllStatuses />}>
              <Ranking
                label="Top rules by risk"
                items={ranking.data?.top_rules.map(({ rule_name, ...rule }) => ({
                  ...rule,
                  key: rule_name,
                  to: `/findings${query({ rule: rule_name })}`,
                }))}
              />
            </Panel>
            <Panel title="Top users by risk" flush aside={<AllStatuses />}>
              <Ranking
                label="Top users by risk"
                items={ranking.data?.top_users.map(({ user, ...ranked }) => ({
                  ...ranked,
                  key: user,
                  title: user,
                  to: `/findings${query({ user })}`,
                }))}
              />
            </Panel>
          </>
        )}
      </div>
    </>
  );
}

/** Says which findings a figure counts. */
function AllStatuses() {
  return (
    <span title="Closed findings too; withdrawn and suppressed ones are left out" className="text-xs text-ink-3">
      All statuses
    </span>
  );
}

function ChartSkeleton() {
  return (
    <Loading what="activity over time" className="h-full">
      <Skeleton className="h-64 rounded-md opacity-50" />
    </Loading>
  );
}

function NoEvents({ limited }: { limited: boolean }) {
  if (limited)
    return <EmptyState icon={Activity} title="No events in this period" className="h-full justify-center py-0" />;
  return (
    <EmptyState icon={Activity} title="No events yet" className="h-full justify-center py-0">
      <GettingStarted />
    </EmptyState>
  );
}
