import { Link } from "react-router";

import { SeverityIcon } from "@/components/severity-badge";
import { cn } from "@/lib/class-names";
import { count } from "@/lib/format";
import { SEVERITIES } from "@/lib/severity";
import type { Period } from "@/lib/time/period";

import { periodQuery } from "./period-state";

const FILL = { critical: "bg-critical", high: "bg-high", medium: "bg-medium", low: "bg-low" };

/** The findings by severity; each bar links to its findings. */
export function SeverityBars({
  counts,
  period,
}: {
  counts: Partial<Record<string, number>> | undefined;
  period: Period;
}) {
  const most = Math.max(1, ...SEVERITIES.map((severity) => counts?.[severity] ?? 0));
  return (
    <ul className="flex h-full flex-col justify-between gap-1">
      {SEVERITIES.map((severity) => {
        const value = counts?.[severity];
        return (
          <li key={severity}>
            <Link
              to={`/findings${periodQuery(period, { severity })}`}
              className="group -mx-2 block rounded-md px-2 py-2 hover:bg-sunken"
            >
              <span className="flex items-center gap-1.5">
                <SeverityIcon severity={severity} />
                <span className="capitalize">{severity}</span>
                <span className="tabular ml-auto font-semibold">{value === undefined ? "–" : count(value)}</span>
              </span>
              <span className="mt-1.5 block h-2.5 overflow-hidden rounded-full bg-line/70">
                <span
                  className={cn(
                    "block h-full min-w-1 rounded-full transition-[width] duration-500",
                    FILL[severity],
                    !value && "opacity-0",
                  )}
                  style={{ width: `${((value ?? 0) / most) * 100}%` }}
                />
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
