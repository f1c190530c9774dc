import { Badge } from "@/components/badge";
import { Panel } from "@/components/panel";
import type { GroupLag } from "@/lib/api/pipeline";
import { count, plural } from "@/lib/format";

const HEAD = "px-2 whitespace-nowrap pb-1 text-left text-xs font-medium text-ink-2 first:pl-4 last:pr-4";
const CELL = "h-8 whitespace-nowrap px-2 first:pl-4 last:pr-4";

/** A consumer group: its lag in each partition, and the consumer of each. */
export function GroupPanel({ group }: { group: GroupLag }) {
  const highest = Math.max(1, ...group.partitions.map((each) => each.lag));
  const names = new Map(group.workers.map((worker, index) => [worker.id, `Consumer ${index + 1}`]));
  return (
    <Panel
      flush
      title={
        <>
          {group.group} <span className="font-normal text-ink-2">consumes</span>{" "}
          <span className="font-mono font-normal">{group.topic}</span>
        </>
      }
      aside={
        <Badge tone={group.lag > 0 ? "medium" : "plain"} className="tabular">
          {group.lag > 0 ? `${count(group.lag)} behind` : "Up to date"}
        </Badge>
      }
    >
      {group.workers.length === 0 ? (
        <p className="mx-4 mb-3 rounded-md bg-medium-tint px-3 py-2 text-medium-ink">
          No consumer is running. Nothing is lost: processing continues from the committed offsets once one starts.
        </p>
      ) : (
        <ul className="flex flex-wrap gap-x-5 gap-y-1 px-4 pb-3 text-xs text-ink-2">
          {group.workers.map((worker) => (
            <li key={worker.id} title={worker.id}>
              <span className="font-medium text-ink">{names.get(worker.id)}</span> on {worker.host},{" "}
              {plural(worker.partitions.length, "partition")}
            </li>
          ))}
        </ul>
      )}
      <div className="overflow-x-auto pb-2" tabIndex={0} role="region" aria-label={`Partitions of ${group.topic}`}>
        <table className="tabular w-full min-w-[34rem]">
          <thead>
            <tr className="border-b">
              <th scope="col" className={HEAD}>
                Partition
              </th>
              <th scope="col" className={`${HEAD} w-1/4`}>
                Backlog
              </th>
              <th scope="col" className={`${HEAD} text-right`}>
                Committed offset
              </th>
              <th scope="col" className={`${HEAD} text-right`}>
                Latest offset
              </th>
              <th scope="col" className={HEAD}>
                Consumer
              </th>
            </tr>
          </thead>
          <tbody>
            {group.partitions.map((each) => (
              <tr key={each.partition} className="hover:bg-sunken">
                <td className={CELL}>{each.partition}</td>
                <td className={CELL}>
                  <span className="flex items-center gap-2">
                    <span className="w-14 text-right">{count(each.lag)}</span>
                    <span aria-hidden className="h-1.5 min-w-0 flex-1 overflow-hidden rounded-full bg-line">
                      <span
                        className="block h-full rounded-full bg-medium"
                        style={{ width: `${(each.lag / highest) * 100}%` }}
                      />
                    </span>
                  </span>
                </td>
                <td className={`${CELL} text-right`}>{each.committed === null ? "–" : count(each.committed)}</td>
                <td className={`${CELL} text-right`}>{count(each.end)}</td>
                <td className={CELL}>
                  {each.worker === null ? (
                    <span className="text-ink-3">None</span>
                  ) : (
                    (names.get(each.worker) ?? each.worker)
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
