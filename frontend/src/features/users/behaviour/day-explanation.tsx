import { Link } from "react-router";

import { VisibleText } from "@/components/visible-text";
import type { ExplainedDay } from "@/lib/api/users";
import { count } from "@/lib/format";

import { dayAfter, eventsOf, type Value } from "./links";
import { bits } from "./score-text";

const MAX_FEATURES = 7;
const LINK = "text-accent-strong underline underline-offset-2";

/** The counts behind the scores of a day; each links to the events that it counts. */
export function DayExplanation({ user, day }: { user: string; day: ExplainedDay }) {
  const next = dayAfter(day.date);
  return (
    <section aria-label={`Counts behind ${day.date}`} className="mt-4 border-t pt-3">
      <h3 className="mb-1 text-sm font-semibold">
        <Link to={eventsOf(user, day.date, next)} className="hover:underline">
          {day.date}
        </Link>
        : login {bits(day.login)}, activity {bits(day.activity)}, volume {bits(day.volume)} bits
      </h3>
      <ul className="grid gap-1">
        {day.features.slice(0, MAX_FEATURES).map(({ feature, score, values }) => {
          const value = values[0];
          if (!value) return null;
          const shown = { feature, value: value.value };
          const mine = [value.user_count, value.user_total] as const;
          const all = [value.everyone_count, value.everyone_total] as const;
          return (
            <li key={feature} className="flex gap-3">
              <span className="tabular w-10 shrink-0 text-right font-medium">{bits(score)}</span>
              <span className="min-w-0 break-words">
                {value.user_count === 0 && "new "}
                {feature}{" "}
                <Link to={eventsOf(user, day.date, next, shown)} className={LINK}>
                  <VisibleText text={value.value} />
                </Link>
                : <Share of={user} from={day.history_since} to={day.date} shown={shown} counts={mine} /> in 60 days;
                everyone <Share of={null} from={day.weeks_since} to={day.weeks_until} shown={shown} counts={all} />{" "}
                among {count(value.everyone_values)} values
                {values.length > 1 && <span className="text-ink-2"> · {count(values.length)} values this day</span>}
              </span>
            </li>
          );
        })}
        {day.volumes
          .filter((volume) => volume.count > 0)
          .map((volume) => (
            <li key={volume.name} className="flex gap-3">
              <span className="tabular w-10 shrink-0 text-right font-medium">{bits(volume.score)}</span>
              <span className="min-w-0">
                <Link to={eventsOf(user, day.date, next)} className={LINK}>
                  {count(volume.count)} {volume.name}
                </Link>
                : as many on {count(volume.days_with_as_many)} of{" "}
                <Link to={eventsOf(user, day.history_since, day.date)} className={LINK}>
                  {count(volume.active_days)} active days
                </Link>
                , at most {count(volume.most)}
              </span>
            </li>
          ))}
      </ul>
      <p className="mt-2 text-xs text-ink-2">
        A value counts once a day for each user. Everyone’s counts are of {day.weeks_since} until before{" "}
        {day.weeks_until}.
      </p>
    </section>
  );
}

/** How many days have a value, of all that have the feature; of everyone without a user. */
function Share({
  of: user,
  from,
  to,
  shown,
  counts: [some, all],
}: {
  of: string | null;
  from: string;
  to: string;
  shown: Value;
  counts: readonly [some: number, all: number];
}) {
  return (
    <>
      <Link to={eventsOf(user, from, to, shown)} className={LINK}>
        {count(some)}
      </Link>{" "}
      of{" "}
      <Link to={eventsOf(user, from, to)} className={LINK}>
        {count(all)}
      </Link>
    </>
  );
}
