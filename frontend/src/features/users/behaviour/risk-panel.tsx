import { Link } from "react-router";

import { TimeBars } from "@/components/charts/time-bars";
import { Panel } from "@/components/panel";
import { VisibleText } from "@/components/visible-text";
import type { Risk } from "@/lib/api/users";
import { count } from "@/lib/format";

import { dayAfter, eventsOf } from "./links";
import { bits } from "./score-text";

const DAY_MS = 86_400_000;

/** The risk of a user over time, and what adds to it. */
export function RiskPanel({ risk, user }: { risk: Risk; user: string }) {
  const buckets = risk.days.map(({ date, risk: points }) => ({
    start: Date.parse(date),
    count: Math.floor(points / 1000),
  }));
  return (
    <Panel
      title="Risk over time"
      aside={<span className="tabular text-sm font-semibold">{bits(risk.risk)} points</span>}
    >
      <TimeBars steps={{ buckets, stepMs: DAY_MS }} noun="point" label="Risk by day" tone="high" className="h-32" />
      {risk.parts.length === 0 ? (
        <p className="mt-2 text-ink-2">No standing finding and no unusual day within 90 days.</p>
      ) : (
        <table className="mt-3 w-full text-sm">
          <thead className="text-left text-xs text-ink-2">
            <tr>
              <th className="font-normal">Day</th>
              <th className="font-normal">Added by</th>
              <th className="text-right font-normal">Points</th>
              <th className="text-right font-normal">Left</th>
            </tr>
          </thead>
          <tbody>
            {risk.parts.map((part) => (
              <tr key={`${part.date} ${part.rule_name} ${part.title} ${part.severity}`} className="align-top leading-6">
                <td className="tabular pr-3 whitespace-nowrap">{part.date}</td>
                <td className="pr-3 break-words">
                  <Link
                    className="inline-block leading-6 text-accent-strong hover:underline"
                    to={
                      part.rule_name === null
                        ? eventsOf(user, part.date, dayAfter(part.date))
                        : `/findings?${new URLSearchParams({
                            user,
                            rule: part.rule_name,
                            from: `${part.date}T00:00:00Z`,
                            to: `${dayAfter(part.date)}T00:00:00Z`,
                          }).toString()}`
                    }
                  >
                    <VisibleText text={part.title} />
                  </Link>
                  {part.count > 1 && ` × ${count(part.count)}`}
                </td>
                <td className="tabular pr-3 text-right">{bits(part.points)}</td>
                <td className="tabular text-right">{bits(part.remaining)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {risk.more > 0 && (
        <p className="mt-1 text-xs text-ink-2">
          and {count(risk.more)} more, {bits(risk.more_remaining)} points left
        </p>
      )}
      <p className="mt-2 text-xs text-ink-2">
        A standing finding adds 5, 15, 40 or 80 points by severity, an unusual day the bits of its highest score. A
        tenth is lost each day; the risk is the sum of what is left.
      </p>
    </Panel>
  );
}
