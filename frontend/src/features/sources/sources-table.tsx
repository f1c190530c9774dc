import { Link } from "react-router";

import { Panel } from "@/components/panel";
import { Sparkline } from "@/components/charts/sparkline";
import { Ago } from "@/components/timestamp";
import type { Source } from "@/lib/api/sources";
import { count, plural } from "@/lib/format";

import { SourceStateBadge } from "@/components/source-state-badge";

const HEAD = "px-2 pb-1 text-left text-xs font-medium whitespace-nowrap text-ink-2 first:pl-4 last:pr-4";
const CELL = "px-2 py-2 align-top first:pl-4 last:pr-4";

/** Every source with its state, what to do, and what depends on it. */
export function SourcesTable({ sources }: { sources: readonly Source[] }) {
  return (
    <Panel title="Health" flush>
      <div className="overflow-x-auto pb-2" tabIndex={0} role="region" aria-label="Health of sources">
        <table className="tabular w-full min-w-[52rem]">
          <thead>
            <tr className="border-b">
              {["Source", "State", "Last event", "Complete until", "Per day", "Refused", "Depends on it alone"].map(
                (name) => (
                  <th key={name} scope="col" className={HEAD}>
                    {name}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {sources.map((source) => (
              <tr key={source.name} className="border-b last:border-0 hover:bg-sunken">
                <td className={CELL}>
                  <Link to={`/sources/${encodeURIComponent(source.name)}`} className="font-medium hover:underline">
                    {source.name}
                  </Link>
                  <div className="text-xs text-ink-2">{source.connector ?? "pushed"}</div>
                </td>
                <td className={`${CELL} max-w-80`}>
                  <SourceStateBadge state={source.state} />
                  {source.reason && <p className="mt-1 text-xs text-ink-2">{source.reason}</p>}
                </td>
                <td className={`${CELL} whitespace-nowrap`}>
                  {source.last_event_at ? <Ago time={source.last_event_at} /> : "–"}
                </td>
                <td className={`${CELL} whitespace-nowrap`}>
                  {source.complete_until ? <Ago time={source.complete_until} /> : "–"}
                </td>
                <td className={CELL}>
                  <Sparkline
                    values={source.events_per_day.map((day) => day.count)}
                    label={`Events per day of ${source.name}`}
                    className="w-24"
                  />
                  <div className="text-xs text-ink-2">
                    {source.usual_per_day === null ? "–" : `usually ${count(source.usual_per_day)}`}
                  </div>
                </td>
                <td className={CELL}>{source.refused === null ? "–" : count(source.refused)}</td>
                <td className={`${CELL} whitespace-nowrap`}>
                  {source.dependent_rules === 0
                    ? "–"
                    : `${plural(source.dependent_rules, "rule")}, ${plural(source.dependent_controls, "control")}`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
