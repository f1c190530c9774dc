import { Link } from "react-router";

import { CountBars } from "@/components/count-bars";
import { Panel } from "@/components/panel";
import { VisibleText } from "@/components/visible-text";
import type { UsualValues } from "@/lib/api/users";
import { count, plural, words } from "@/lib/format";

import { dayAfter, eventsOf } from "./links";

const TITLES: Record<string, string> = {
  country: "Countries",
  network: "Networks",
  device: "Devices",
  "event type": "Kinds of events",
  resource: "Resources",
  role: "Roles",
};

/** The usual values of a feature, by the days that have them. */
export function UsualPanel({ user, usual }: { user: string; usual: UsualValues }) {
  const { feature, values, distinct } = usual;
  const of = new Map(values.map((each) => [each.value, each]));
  return (
    <Panel
      title={TITLES[feature] ?? feature}
      className="self-start"
      aside={<span className="text-xs text-ink-2">Days of {plural(distinct, "value")}</span>}
    >
      <CountBars
        values={values.map(({ value, days }) => ({ value, count: days })).sort((a, b) => b.count - a.count)}
        show={(value) => <VisibleText text={feature === "event type" ? words(value) : value} />}
        to={(value) => {
          const days = of.get(value);
          return days ? eventsOf(user, days.first_day, dayAfter(days.last_day), { feature, value }) : "";
        }}
      />
    </Panel>
  );
}

/** What a user did for the first time within the last week of the profile. */
export function WhatIsNew({
  user,
  features,
  learning,
}: {
  user: string;
  features: readonly UsualValues[];
  learning: boolean;
}) {
  const found = features.flatMap(({ feature, values }) =>
    values.filter((each) => each.new).map((each) => ({ feature, ...each })),
  );
  return (
    <Panel title="New in the last 7 days" className="self-start">
      {found.length === 0 ? (
        <p className="text-ink-2">
          {learning ? "Everything is new while the profile is learning." : "Nothing that the profile did not know."}
        </p>
      ) : (
        <ul className="grid gap-1">
          {found.map(({ feature, value, days, first_day, last_day }) => (
            <li key={`${feature} ${value}`} className="flex flex-wrap gap-x-2 leading-6">
              <span className="text-ink-2">{feature}</span>{" "}
              <Link
                to={eventsOf(user, first_day, dayAfter(last_day), { feature, value })}
                className="min-w-0 font-medium break-words text-accent-strong hover:underline"
              >
                <VisibleText text={value} />
              </Link>{" "}
              <span className="tabular text-ink-2">
                since {first_day}, {count(days)} {days === 1 ? "day" : "days"}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
