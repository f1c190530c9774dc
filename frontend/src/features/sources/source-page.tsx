import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useParams } from "react-router";

import { ErrorState } from "@/components/error-state";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { Loading, Skeleton } from "@/components/skeleton";
import { Timestamp } from "@/components/timestamp";
import { getSource, type SourceDetails } from "@/lib/api/sources";
import { count, duration, plural } from "@/lib/format";

import { SourceStateBadge } from "@/components/source-state-badge";

/** A source: its health, its figures, and its blast radius. */
export default function SourcePage() {
  const { source: name = "" } = useParams();
  const query = useQuery({ queryKey: ["sources", name], queryFn: ({ signal }) => getSource(name, signal) });
  const source = query.data;
  return (
    <>
      <PageHeader
        title={name}
        crumbs={[{ title: "Sources", to: "/sources" }]}
        note={
          source && (
            <span className="flex flex-wrap items-center gap-2">
              <SourceStateBadge state={source.state} />
              {source.reason}
            </span>
          )
        }
      />
      <div className="grid items-start gap-3 px-4 pb-6 lg:px-6 xl:grid-cols-2">
        {query.error && !source ? (
          <ErrorState
            error={query.error}
            retry={() => void query.refetch()}
            busy={query.isFetching}
            className="col-span-full min-h-[40vh] justify-center"
          />
        ) : source ? (
          <>
            <Figures source={source} />
            <BlastRadius source={source} />
          </>
        ) : (
          <Loading what="the source" className="contents">
            <Panel className="h-56">
              <Skeleton className="h-4 w-48" />
            </Panel>
          </Loading>
        )}
      </div>
    </>
  );
}

function Figures({ source }: { source: SourceDetails }) {
  const time = (at: string | null) => (at ? <Timestamp time={at} to="minute" /> : "–");
  const rows: [string, ReactNode][] = [
    ["Connector", source.connector ?? "none: its events are pushed"],
    ["Sources of its events", source.feeds.join(", ")],
    ["Last event", time(source.last_event_at)],
    ["Last poll", time(source.last_poll_at)],
    ["Complete until", time(source.complete_until)],
    ["Lag, median", source.lag ? duration(Math.max(0, source.lag.p50_s) * 1000) : "–"],
    ["Lag, 95th percentile", source.lag ? duration(Math.max(0, source.lag.p95_s) * 1000) : "–"],
    ["Usual events per day", source.usual_per_day === null ? "–" : count(source.usual_per_day)],
    ["Silent after", source.silent_after_s === null ? "not learned yet" : duration(source.silent_after_s * 1000)],
    ["Records sent", source.records === null ? "–" : count(source.records)],
    ["Records refused", source.refused === null ? "–" : count(source.refused)],
    ["Backfill", source.backfill ? (source.backfill.done ? "Done" : "Running") : "–"],
  ];
  return (
    <Panel title="Health">
      <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
        {rows.map(([label, value]) => (
          <div key={label} className="contents">
            <dt className="text-ink-2">{label}</dt>
            <dd className="tabular min-w-0 break-words">{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function BlastRadius({ source }: { source: SourceDetails }) {
  return (
    <Panel title="Blast radius">
      {source.rules.length === 0 ? (
        <p className="text-ink-2">No active rule depends on this source alone.</p>
      ) : (
        <>
          <p className="pb-2 text-ink-2">
            Without it, {plural(source.rules.length, "rule")} of {plural(source.controls.length, "control")}{" "}
            {source.rules.length === 1 ? "is" : "are"} blind.
          </p>
          <ul className="grid gap-1">
            {source.rules.map((rule) => (
              <li key={rule.rule_id}>
                <Link to={`/rules/${encodeURIComponent(rule.rule_name)}`} className="hover:underline">
                  {rule.title}
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}
