import { useQuery } from "@tanstack/react-query";
import { parseAsString, useQueryState } from "nuqs";

import { ErrorState } from "@/components/error-state";
import { Panel } from "@/components/panel";
import { Loading, Skeleton } from "@/components/skeleton";
import { type BehaviourProfile, getProfile } from "@/lib/api/users";
import { plural } from "@/lib/format";

import { WeekHeatMap } from "../week-heat-map";
import { DayScores } from "./day-scores";
import { RiskPanel } from "./risk-panel";
import { UsualPanel, WhatIsNew } from "./usual-panel";

/** The behaviour of a user: risk over time, the scores of days with the counts behind them, what is usual and what is new. */
export function Behaviour({ user }: { user: string }) {
  const [day, setDay] = useQueryState("day", parseAsString);
  const query = useQuery({
    queryKey: ["users", "profile", user, day],
    queryFn: ({ signal }) => getProfile(user, day ?? undefined, signal),
    placeholderData: (previous) => (previous?.user === user ? previous : undefined),
  });
  const profile = query.data;
  if (query.error && !profile)
    return (
      <Panel title="Behaviour" className="col-span-full">
        <ErrorState error={query.error} retry={() => void query.refetch()} busy={query.isFetching} />
      </Panel>
    );
  if (!profile)
    return (
      <Loading what="the behaviour" className="contents">
        <Panel className="col-span-full h-40">
          <Skeleton className="h-4 w-32" />
        </Panel>
      </Loading>
    );
  return (
    <>
      <RiskPanel risk={profile.risk} user={user} />
      {profile.withheld !== null ? (
        <Panel title="Behaviour">
          <p className="text-ink-2">{profile.withheld}</p>
        </Panel>
      ) : profile.since === null || profile.until === null ? (
        <Panel title="Behaviour">
          <p className="text-ink-2">
            No profile yet. Profiles count the events that are stored while a rule for unusual behaviour is active.
          </p>
        </Panel>
      ) : (
        <>
          <WhatIsNew user={user} features={profile.features} learning={profile.state === "learning"} />
          <DayScores profile={profile} onDay={(next) => void setDay(next)} />
          <Panel
            title="Usual hours"
            aside={
              <span className="text-xs text-ink-2">
                Active days, {profile.since} – {profile.until}
              </span>
            }
          >
            <WeekHeatMap
              counts={profile.hours.map(({ weekday, hour, days }) => ({ weekday, hour, count: days }))}
              noun="active day"
            />
          </Panel>
          {profile.features.map((feature) => (
            <UsualPanel key={feature.feature} user={user} usual={feature} />
          ))}
        </>
      )}
    </>
  );
}

/** How much of a user is known: learning until there are enough active days and events. */
export function learningText(profile: BehaviourProfile): string {
  const { active_days, events, needed_days, needed_events } = profile;
  return profile.state === "learning"
    ? `Learning: ${active_days} of ${plural(needed_days, "active day")}, ${Math.min(events, needed_events)} of ${plural(needed_events, "event")}`
    : `${plural(active_days, "active day")} and ${plural(events, "event")} in 60 days`;
}
