import { useQuery } from "@tanstack/react-query";
import { Activity, ShieldAlert } from "lucide-react";
import { useMemo } from "react";
import { Link, useNavigate, useParams } from "react-router";

import { Button } from "@/components/button";
import { TimeBars } from "@/components/charts/time-bars";
import { CountBars } from "@/components/count-bars";
import { ErrorState } from "@/components/error-state";
import { Figures } from "@/components/figures";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { RiskScore } from "@/components/risk-score";
import { SeverityBadge } from "@/components/severity-badge";
import { Loading, Skeleton } from "@/components/skeleton";
import { Timestamp } from "@/components/timestamp";
import { getUser, type UserActivity } from "@/lib/api/users";
import { commands } from "@/lib/commands";
import { count, words } from "@/lib/format";
import { instant } from "@/lib/time/period";

import { Behaviour } from "./behaviour/behaviour";
import { UserFindings } from "./user-findings";
import { WeekHeatMap } from "./week-heat-map";

const DAY_MS = 86_400_000;

/** A user: activity, findings, event types and sources. */
export default function UserPage() {
  const { user = "" } = useParams();
  const query = useQuery({ queryKey: ["users", "one", user], queryFn: ({ signal }) => getUser(user, signal) });
  const navigate = useNavigate();
  const filter = `user=${encodeURIComponent(user)}`;
  commands.useAdd([
    {
      id: "user.findings",
      title: `Findings of ${user}`,
      group: "User",
      icon: ShieldAlert,
      run: () => void navigate(`/findings?${filter}`),
    },
    {
      id: "user.events",
      title: `Events of ${user}`,
      group: "User",
      icon: Activity,
      run: () => void navigate(`/events?${filter}`),
    },
  ]);
  return (
    <>
      <PageHeader
        title={user}
        crumbs={[{ title: "Users", to: "/users" }]}
        note={query.data?.severity && <SeverityBadge severity={query.data.severity} />}
        actions={
          <>
            <Button asChild>
              <Link to={`/findings?${filter}`}>
                <ShieldAlert aria-hidden />
                View findings
              </Link>
            </Button>
            <Button asChild>
              <Link to={`/events?${filter}`}>
                <Activity aria-hidden />
                View events
              </Link>
            </Button>
          </>
        }
      />
      <div className="grid gap-3 px-4 pb-6 lg:grid-cols-2 lg:px-6">
        {query.error && !query.data ? (
          <ErrorState
            error={query.error}
            retry={() => void query.refetch()}
            busy={query.isFetching}
            className="col-span-full min-h-[50vh] justify-center"
          />
        ) : query.data ? (
          <>
            <Activities user={query.data} />
            <Behaviour user={query.data.user} />
          </>
        ) : (
          <Loading what="the user" className="contents">
            {["h-16 col-span-full", "h-64", "h-64", "h-64", "h-64"].map((size, index) => (
              <Panel key={index} className={size}>
                <Skeleton className="h-4 w-32" />
              </Panel>
            ))}
          </Loading>
        )}
      </div>
    </>
  );
}

function Activities({ user }: { user: UserActivity }) {
  const navigate = useNavigate();
  const filter = `user=${encodeURIComponent(user.user)}`;
  const steps = useMemo(
    () => ({
      buckets: user.activity_by_day.map((day) => ({ start: Date.parse(day.date), count: day.count })),
      stepMs: DAY_MS,
    }),
    [user],
  );
  return (
    <>
      <Panel className="col-span-full">
        <Figures
          figures={[
            { title: "Events", value: count(user.events) },
            { title: "Findings", value: count(user.findings) },
            { title: "Highest risk", value: <RiskScore score={user.risk_score} /> },
            { title: "First seen", value: user.first_seen ? <Timestamp time={user.first_seen} /> : "–" },
            { title: "Last seen", value: user.last_seen ? <Timestamp time={user.last_seen} /> : "–" },
          ]}
        />
      </Panel>
      <Panel title="Activity by day" aside={<span className="text-xs text-ink-2">UTC days</span>}>
        <TimeBars
          steps={steps}
          noun="event"
          label="Events by day"
          className="h-48"
          onSelect={(from, to) => void navigate(`/events?${filter}&from=${instant(from)}&to=${instant(to)}`)}
        />
      </Panel>
      <Panel title="Activity by weekday and hour" aside={<span className="text-xs text-ink-2">Same 30 days</span>}>
        <WeekHeatMap counts={user.activity_by_hour} />
      </Panel>
      <UserFindings user={user} />
      <div className="grid content-start gap-3">
        <Panel title="Event types">
          <CountBars
            values={user.event_types}
            show={words}
            to={(type) => `/events?${filter}&event_type=${encodeURIComponent(type)}`}
          />
        </Panel>
        <Panel title="Sources">
          <CountBars values={user.sources} to={(source) => `/events?${filter}&source=${encodeURIComponent(source)}`} />
        </Panel>
      </div>
    </>
  );
}
