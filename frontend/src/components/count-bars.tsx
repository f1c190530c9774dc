import type { ReactNode } from "react";
import { Link, type To } from "react-router";

import { count } from "@/lib/format";

export interface Counted {
  value: string;
  count: number;
}

/** Counts by value as bars, highest first; each links to what it counts. */
export function CountBars({
  values,
  to,
  show,
  max = 8,
}: {
  values: readonly Counted[];
  to?: (value: string) => To;
  show?: (value: string) => ReactNode;
  max?: number;
}) {
  const highest = Math.max(1, ...values.map((each) => each.count));
  const rest = values.slice(max);
  return (
    <ul className="grid gap-0.5">
      {values.slice(0, max).map((each) => {
        const inside = (
          <>
            <span
              aria-hidden
              className="absolute inset-y-0.5 left-0 rounded-sm bg-accent-tint"
              style={{ width: `${(each.count / highest) * 100}%` }}
            />
            <span className="relative min-w-0 truncate" title={each.value}>
              {show ? show(each.value) : each.value}
            </span>
            <span className="tabular relative ml-auto text-ink-2">{count(each.count)}</span>
          </>
        );
        const shape = "relative flex h-7 items-center gap-3 rounded-sm px-2";
        return (
          <li key={each.value}>
            {to ? (
              <Link to={to(each.value)} className={`${shape} hover:underline`}>
                {inside}
              </Link>
            ) : (
              <span className={shape}>{inside}</span>
            )}
          </li>
        );
      })}
      {rest.length > 0 && (
        <li className="px-2 pt-1 text-xs text-ink-2">
          and {rest.length} more, {count(rest.reduce((sum, each) => sum + each.count, 0))} in total
        </li>
      )}
    </ul>
  );
}
