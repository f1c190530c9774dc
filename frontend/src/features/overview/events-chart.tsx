import { useState } from "react";
import { Area, AreaChart, CartesianGrid, ReferenceArea, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";

import { compact, plural } from "@/lib/format";
import { instant } from "@/lib/time/period";
import { useTime } from "@/lib/time/use-time";

const STEP_MS = { hour: 3_600_000, day: 86_400_000 };

export interface EventsChartProps {
  counts: readonly { date: string; count: number }[];
  interval: "hour" | "day";
  /** ReceivedFinding which stretch of time was dragged over: from the first bucket's start to the last one's end. */
  onSelect: (from: string, to: string) => void;
}

/** Events over time. Dragging over it selects a period. Loaded when it is first shown. */
export default function EventsChart({ counts, interval, onSelect }: EventsChartProps) {
  const formats = useTime();
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const points = counts.map(({ date, count }) => ({ at: Date.parse(date), count }));
  const label = (at: number) =>
    // days are those of UTC, whatever zone times are shown in
    interval === "day" ? dayOf(at) : formats.minute(at);
  const select = () => {
    if (drag && drag.from !== drag.to) {
      const [first, last] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
      onSelect(instant(first), instant(last + STEP_MS[interval]));
    }
    setDrag(null);
  };
  return (
    <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 640, height: 240 }}>
      <AreaChart
        data={points}
        margin={{ top: 8, right: 20, bottom: 0, left: 0 }}
        onMouseDown={({ activeLabel }) => {
          if (activeLabel !== undefined) setDrag({ from: Number(activeLabel), to: Number(activeLabel) });
        }}
        onMouseMove={({ activeLabel }) => {
          if (drag && activeLabel !== undefined) setDrag({ ...drag, to: Number(activeLabel) });
        }}
        onMouseUp={select}
        onMouseLeave={select}
        className="cursor-crosshair select-none [&_*:focus:not(:focus-visible)]:outline-none"
      >
        <defs>
          <linearGradient id="events-fill" x1="0" y1="0" x2="0" y2="1">
            <stop offset="0%" stopColor="var(--accent)" stopOpacity={0.28} />
            <stop offset="100%" stopColor="var(--accent)" stopOpacity={0.02} />
          </linearGradient>
        </defs>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="at"
          tickFormatter={label}
          tickLine={false}
          axisLine={false}
          minTickGap={40}
          tickMargin={8}
          tick={{ fontSize: 11, fill: "var(--ink-2)" }}
        />
        <YAxis
          tickFormatter={compact}
          tickLine={false}
          axisLine={false}
          width={44}
          allowDecimals={false}
          tick={{ fontSize: 11, fill: "var(--ink-2)" }}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: "var(--line-strong)" }}
          content={({ active, payload }) => {
            const point = payload?.[0]?.payload as { at: number; count: number } | undefined;
            if (!active || !point) return null;
            return (
              <div className="rounded-md bg-ink px-2 py-1 text-xs text-page shadow-float">
                <div className="tabular font-semibold">{plural(point.count, "event")}</div>
                <div className="tabular">{label(point.at)}</div>
              </div>
            );
          }}
        />
        <Area
          type="monotone"
          dataKey="count"
          stroke="var(--accent)"
          strokeWidth={2}
          fill="url(#events-fill)"
          isAnimationActive={false}
          activeDot={{ r: 3.5, strokeWidth: 0 }}
        />
        {drag && drag.from !== drag.to && (
          <ReferenceArea x1={drag.from} x2={drag.to} fill="var(--accent)" fillOpacity={0.16} stroke="var(--accent)" />
        )}
      </AreaChart>
    </ResponsiveContainer>
  );
}

const day = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "2-digit", month: "short" });
const dayOf = (at: number): string => day.format(at);
