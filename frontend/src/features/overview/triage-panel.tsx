import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { ErrorState } from "@/components/error-state";
import { Panel } from "@/components/panel";
import { SeverityBadge } from "@/components/severity-badge";
import { Loading, Skeleton } from "@/components/skeleton";
import { getTriageFigures } from "@/lib/api/stats";
import { count, duration } from "@/lib/format";
import { OPEN_STATUSES } from "@/lib/status";

const REFETCH_MS = 15_000;
const CELL = "px-4 py-2 text-right whitespace-nowrap tabular";
const COLUMNS = ["Open", "Overdue", "Target", "Time to acknowledge", "Time to resolve"] as const;

/** Findings that are open and overdue by severity, and the time to acknowledge and to resolve them; of all time. */
export function TriagePanel() {
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ["overview", "triage"],
    queryFn: ({ signal }) => getTriageFigures(signal),
    refetchInterval: REFETCH_MS,
  });
  return (
    <Panel
      title="Triage"
      flush
      className="lg:col-span-3"
      aside={<span className="hidden text-xs text-ink-3 sm:inline">Medians of the last 90 days</span>}
    >
      {error && !data && <ErrorState error={error} retry={() => void refetch()} busy={isFetching} />}
      {!error && !data && (
        <Loading what="the figures of triage" className="p-4">
          <Skeleton className="h-32" />
        </Loading>
      )}
      {data && (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Triage by severity">
          <table className="w-full text-sm">
            <thead className="text-xs text-ink-2">
              <tr className="border-b">
                <th scope="col" className="px-4 py-2 text-left font-medium">
                  Severity
                </th>
                {COLUMNS.map((title) => (
                  <th key={title} scope="col" className="px-4 py-2 text-right font-medium whitespace-nowrap">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {data.by_severity.map((row) => (
                <tr key={row.severity} className="border-b last:border-b-0">
                  <th scope="row" className="px-4 py-2 text-left font-normal">
                    <SeverityBadge severity={row.severity} />
                  </th>
                  <td className={CELL}>
                    <Link to={oldestOpen(row.severity)} className="hover:underline">
                      {count(row.open)}
                    </Link>
                  </td>
                  <td className={CELL}>
                    {row.overdue > 0 ? (
                      <Link to={oldestOpen(row.severity)} className="font-semibold text-critical-ink hover:underline">
                        {count(row.overdue)}
                      </Link>
                    ) : (
                      0
                    )}
                  </td>
                  <td className={CELL}>{targetOf(row.target_s)}</td>
                  <td className={CELL}>{length(row.time_to_acknowledge_s)}</td>
                  <td className={CELL}>{length(row.time_to_resolve_s)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

const length = (seconds: number | null) => (seconds === null ? "–" : duration(seconds * 1000));

/** A target in the units of its setting: 12 h, 90 d. */
const targetOf = (seconds: number) =>
  seconds % 86_400 === 0 ? `${count(seconds / 86_400)} d` : `${count(seconds / 3600)} h`;

/** The list of the open findings of a severity, the oldest first. */
const oldestOpen = (severity: string) =>
  `/findings?${new URLSearchParams({ view: "all", status: OPEN_STATUSES.join(","), severity, order: "asc" })}`;
