import { useMemo } from "react";

import { TimeBars } from "@/components/charts/time-bars";
import { Loading, Skeleton } from "@/components/skeleton";
import type { Histogram } from "@/lib/api/events";
import { instant, type Period } from "@/lib/time/period";

const DAY_MS = 86_400_000;
const STEP_MS = { minute: 60_000, hour: 3_600_000, day: DAY_MS, month: 31 * DAY_MS, year: 366 * DAY_MS, auto: 0 };

/** Events over time; dragging over it selects a period. */
export function EventHistogram({
  histogram,
  onPeriod,
}: {
  /** Undefined while it loads. */
  histogram: Histogram | undefined;
  onPeriod: (period: Period) => void;
}) {
  const steps = useMemo(
    () => ({
      buckets: (histogram?.buckets ?? []).map(({ start, count }) => ({ start: Date.parse(start), count })),
      stepMs: STEP_MS[histogram?.interval ?? "auto"],
    }),
    [histogram],
  );
  if (!histogram)
    return (
      <Loading what="events over time" className="flex h-24 items-end gap-1 pb-5">
        {Array.from({ length: 40 }, (_, index) => (
          <Skeleton key={index} className="flex-1" style={{ height: `${20 + ((index * 37) % 70)}%` }} />
        ))}
      </Loading>
    );
  return (
    <TimeBars
      steps={steps}
      noun="event"
      label="Events over time"
      onSelect={(from, to) => onPeriod({ last: null, from: instant(from), to: instant(to) })}
      className="h-24"
    />
  );
}
