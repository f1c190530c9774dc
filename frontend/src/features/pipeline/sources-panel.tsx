import { Radio } from "lucide-react";
import { Link } from "react-router";

import { Badge } from "@/components/badge";
import { EmptyState } from "@/components/empty-state";
import { GettingStarted } from "@/components/getting-started";
import { Panel } from "@/components/panel";
import { Ago } from "@/components/timestamp";
import type { SourceState } from "@/lib/api/pipeline";
import { count } from "@/lib/format";

const STATES = { active: "Active", quiet: "Idle" } as const;
const HEAD = "px-2 pb-1 text-left text-xs font-medium text-ink-2 first:pl-4 last:pr-4";
const CELL = "h-9 px-2 first:pl-4 last:pr-4";

/** The sources, with their figures. */
export function SourcesPanel({ sources }: { sources: readonly SourceState[] }) {
  return (
    <Panel title="Sources" flush>
      {sources.length === 0 ? (
        <EmptyState icon={Radio} title="No sources yet">
          Sources appear here with their first event. <GettingStarted />
        </EmptyState>
      ) : (
        <div className="overflow-x-auto pb-2" tabIndex={0} role="region" aria-label="Sources">
          <table className="tabular w-full min-w-[32rem]">
            <thead>
              <tr className="border-b">
                <th scope="col" className={HEAD}>
                  Source
                </th>
                <th scope="col" className={HEAD}>
                  State
                </th>
                <th scope="col" className={`${HEAD} text-right`}>
                  Events
                </th>
                <th scope="col" className={`${HEAD} text-right`}>
                  Last 2 hours
                </th>
                <th scope="col" className={`${HEAD} text-right`}>
                  Last event
                </th>
              </tr>
            </thead>
            <tbody>
              {sources.map((each) => (
                <tr key={each.source} className="hover:bg-sunken">
                  <td className={CELL}>
                    <Link to={`/events?source=${encodeURIComponent(each.source)}`} className="hover:underline">
                      {each.source}
                    </Link>
                  </td>
                  <td className={CELL}>
                    <Badge tone={each.state === "active" ? "accent" : "plain"} className="capitalize">
                      {STATES[each.state]}
                    </Badge>
                  </td>
                  <td className={`${CELL} text-right`}>{count(each.events)}</td>
                  <td className={`${CELL} text-right`}>{count(each.events_last_hour)}</td>
                  <td className={`${CELL} text-right`}>
                    {each.last_event_at ? <Ago time={each.last_event_at} /> : "–"}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
