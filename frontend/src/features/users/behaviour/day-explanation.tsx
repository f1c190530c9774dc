import { Link } from "react-router";

import { VisibleText } from "@/components/visible-text";
import type { ExplainedDay } from "@/lib/api/users";
import { count } from "@/lib/format";

import { dayAfter, eventsOf } from "./links";
import { bits } from "./score-text";

const MAX_FEATURES = 7;

/** The counts behind the scores of a day; each links to the events that it counts. */
export function DayExplanation({ user, day }: { user: string; day: ExplainedDay }) {
  const next = dayAfter(day.date);
  const link = "text-accent-strong underline underline-offset-2";
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
          return (
            <li key={feature} className="flex gap-3">
              <span className="tabular w-10 shrink-0 text-right font-medium">{bits(score)}</span>
              <span className="min-w-0 break-words">
                {value.user_count === 0 && "new "}
                {feature}{" "}
                <Link to={eventsOf(user, day.date, next, shown)} className={link}>
                  <VisibleText text={value.value} />
                </Link>
                :{" "}
                <Link to={eventsOf(user, day.history_since, day.date, shown)} className={link}>
                  {count(value.user_count)}
                </Link>{" "}
                of{" "}
                <Link to={eventsOf(user, day.history_since, day.date)} className={link}>
                  {count(value.user_total)}
                </Link>{" "}
                in 60 days; everyone{" "}
                <Link to={eventsOf(null, day.weeks_since, day.weeks_until, shown)} className={link}>
                  {count(value.everyone_count)}
                </Link>{" "}
                of{" "}
                <Link to={eventsOf(null, day.weeks_since, day.weeks_until)} className={link}>
                  {count(value.everyone_total)}
                </Link>{" "}
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
                <Link to={eventsOf(user, day.date, next)} className={link}>
                  {count(volume.count)} {volume.name}
                </Link>
                : as many on {count(volume.days_with_as_many)} of{" "}
                <Link to={eventsOf(user, day.history_since, day.date)} className={link}>
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
