import { Badge } from "@/components/badge";
import { Panel } from "@/components/panel";
import type { BehaviourProfile, ScoredDay } from "@/lib/api/users";
import { cn } from "@/lib/class-names";
import { plural } from "@/lib/format";

import { learningText } from "./behaviour";
import { DayExplanation } from "./day-explanation";
import { bits } from "./score-text";

const MEASURES = ["login", "activity", "volume"] as const;

/** The scores of a user's days, and the counts behind those of one of them. */
export function DayScores({ profile, onDay }: { profile: BehaviourProfile; onDay: (day: string) => void }) {
  const scored = profile.scores.filter((day) => day.login !== null);
  return (
    <Panel
      title="Scores by day"
      className="lg:col-span-2"
      aside={<Badge tone={profile.state === "learning" ? "accent" : "plain"}>{learningText(profile)}</Badge>}
    >
      {scored.length === 0 ? (
        <p className="text-ink-2">
          No day has a score yet. Days are scored once 60 days hold {plural(profile.needed_days, "active day")} and{" "}
          {plural(profile.needed_events, "event")} of the user.
        </p>
      ) : (
        <div className="grid gap-2">
          {MEASURES.map((measure) => (
            <Strip
              key={measure}
              measure={measure}
              days={scored}
              threshold={profile.thresholds[measure] ?? 1}
              shown={profile.explained?.date}
            />
          ))}
          <p className="text-xs text-ink-2">
            Bits above a day that is as likely for everyone as for the user; the line is the threshold.
          </p>
          <label className="flex flex-wrap items-center gap-2">
            Explain the day
            <select
              value={profile.explained?.date ?? ""}
              onChange={(event) => onDay(event.target.value)}
              className="h-8 rounded-md border border-line-strong bg-surface px-2"
            >
              {scored.toReversed().map((day) => (
                <option key={day.date} value={day.date}>
                  {day.date}
                  {day.unusual.length > 0 && ` · unusual ${day.unusual.join(", ")}`}
                </option>
              ))}
            </select>
          </label>
        </div>
      )}
      {profile.explained && <DayExplanation user={profile.user} day={profile.explained} />}
    </Panel>
  );
}

function Strip({
  measure,
  days,
  threshold,
  shown,
}: {
  measure: (typeof MEASURES)[number];
  days: readonly ScoredDay[];
  threshold: number;
  shown: string | undefined;
}) {
  const highest = Math.max(threshold * 1.25, ...days.map((day) => day[measure] ?? 0));
  return (
    <div className="flex items-end gap-2">
      <span className="w-14 shrink-0 text-xs text-ink-2 capitalize">{measure}</span>
      <div
        className="relative flex h-14 min-w-0 flex-1 items-end border-b border-line-strong"
        role="img"
        aria-label={`Days by their ${measure} score: ${plural(days.filter((day) => day.unusual.includes(measure)).length, "unusual day")} of ${days.length}`}
      >
        <span
          aria-hidden
          className="pointer-events-none absolute inset-x-0 border-t border-dashed border-line-strong"
          style={{ bottom: `${(threshold / highest) * 100}%` }}
        />
        {days.map((day) => {
          const score = Math.max(0, day[measure] ?? 0);
          const unusual = day.unusual.includes(measure);
          return (
            <span
              key={day.date}
              title={`${day.date}: ${bits(day[measure] ?? 0)} bits`}
              className={cn("flex h-full min-w-0 flex-1 items-end px-px", day.date === shown && "bg-accent-tint")}
            >
              <span
                className={cn("w-full rounded-t-[2px]", unusual ? "bg-high" : "bg-accent")}
                style={{ height: `max(2px, ${(score / highest) * 100}%)` }}
              />
            </span>
          );
        })}
      </div>
    </div>
  );
}
