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
import { When } from "@/components/when";
import { getUser, type UserActivity } from "@/lib/api/users";
import { commands } from "@/lib/commands";
import { count, words } from "@/lib/format";
import { instant } from "@/lib/time/period";

import { UserFindings } from "./user-findings";
import { WeekMap } from "./week-map";

const DAY_MS = 86_400_000;

/** What one user did when, and what was found of it. */
export default function UserPage() {
  const { user = "" } = useParams();
  const read = useQuery({ queryKey: ["users", "one", user], queryFn: ({ signal }) => getUser(user, signal) });
  const navigate = useNavigate();
  const query = `user=${encodeURIComponent(user)}`;
  commands.useAdd([
    {
      id: "user.findings",
      title: `Findings of ${user}`,
      group: "User",
      icon: ShieldAlert,
      run: () => void navigate(`/findings?${query}`),
    },
    {
      id: "user.events",
      title: `Events of ${user}`,
      group: "User",
      icon: Activity,
      run: () => void navigate(`/events?${query}`),
    },
  ]);
  return (
    <>
      <PageHeader
        title={user}
        crumbs={[{ title: "Users", to: "/users" }]}
        note={read.data?.severity && <SeverityBadge severity={read.data.severity} />}
        actions={
          <>
            <Button asChild>
              <Link to={`/findings?${query}`}>
                <ShieldAlert aria-hidden />
                Their findings
              </Link>
            </Button>
            <Button asChild>
              <Link to={`/events?${query}`}>
                <Activity aria-hidden />
                Their events
              </Link>
            </Button>
          </>
        }
      />
      <div className="grid gap-3 px-4 pb-6 lg:grid-cols-2 lg:px-6">
        {read.error && !read.data ? (
          <ErrorState
            error={read.error}
            retry={() => void read.refetch()}
            busy={read.isFetching}
            className="col-span-full min-h-[50vh] justify-center"
          />
        ) : read.data ? (
          <Activities user={read.data} />
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
  const query = `user=${encodeURIComponent(user.user)}`;
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
            { title: "First seen", value: user.first_seen ? <When time={user.first_seen} /> : "–" },
            { title: "Last seen", value: user.last_seen ? <When time={user.last_seen} /> : "–" },
          ]}
        />
      </Panel>
      <Panel title="Activity by day" aside={<span className="text-xs text-ink-2">UTC days</span>}>
        <TimeBars
          steps={steps}
          noun="event"
          label="Events by day"
          className="h-48"
          onSelect={(from, to) => void navigate(`/events?${query}&from=${instant(from)}&to=${instant(to)}`)}
        />
      </Panel>
      <Panel title="Activity by weekday and hour" aside={<span className="text-xs text-ink-2">The same 30 days</span>}>
        <WeekMap counts={user.activity_by_hour} />
      </Panel>
      <UserFindings user={user} />
      <div className="grid content-start gap-3">
        <Panel title="Event types">
          <CountBars
            values={user.event_types}
            show={words}
            to={(type) => `/events?${query}&event_type=${encodeURIComponent(type)}`}
          />
        </Panel>
        <Panel title="Sources">
          <CountBars values={user.sources} to={(source) => `/events?${query}&source=${encodeURIComponent(source)}`} />
        </Panel>
      </div>
    </>
  );
}
