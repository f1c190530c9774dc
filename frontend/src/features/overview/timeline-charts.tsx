import { useMemo } from "react";

import { TimeBars } from "@/components/charts/time-bars";
import type { Timeline } from "@/lib/api/stats";
import { instant, type Period } from "@/lib/time/period";

const STEP_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000, auto: 0 };

/** Events and findings over time, with the same time axis. Selecting a range sets the period. */
export function TimelineCharts({ timeline, onPeriod }: { timeline: Timeline; onPeriod: (period: Period) => void }) {
  const { events, findings } = useMemo(() => {
    const stepMs = STEP_MS[timeline.interval];
    const buckets = (name: "events" | "findings") =>
      timeline.steps.map((step) => ({ start: Date.parse(step.start), count: step[name] }));
    return { events: { buckets: buckets("events"), stepMs }, findings: { buckets: buckets("findings"), stepMs } };
  }, [timeline]);
  const select = (from: number, to: number) => onPeriod({ last: null, from: instant(from), to: instant(to) });
  return (
    <div className="flex h-full flex-col gap-2">
      <h3 className="text-xs text-ink-2">Events</h3>
      <TimeBars steps={events} noun="event" label="Events over time" onSelect={select} className="min-h-0 flex-3" />
      <h3 className="text-xs text-ink-2">Findings, all statuses</h3>
      <TimeBars
        steps={findings}
        noun="finding"
        label="Findings over time"
        tone="high"
        onSelect={select}
        className="min-h-0 flex-2"
      />
    </div>
  );
}
