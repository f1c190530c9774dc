import { useMemo } from "react";

import { cn } from "@/lib/class-names";
import { compact, count, plural } from "@/lib/format";
import { useTime } from "@/lib/time/use-time";
import { timeFormats } from "@/lib/time/zone";

import { type Bucket, mergeBuckets, labelPositions, type Steps } from "./buckets";
import { useRangeSelection } from "./use-range-selection";

const MAX_BARS = 120;
const TONES = { accent: "bg-accent", high: "bg-high" } as const;
const MAX_LABELS = 6;
const DAY_MS = 86_400_000;
/** The API's days are days in UTC, whatever zone clock times are shown in. */
const dayInUtc = timeFormats("utc").day;

/**
 * Bar chart of counts over time. With `onSelect` a time range can be selected by dragging, a click or the arrow keys; it
 * is half-open, in milliseconds.
 */
export function TimeBars({
  steps,
  noun,
  label,
  onSelect,
  tone = "accent",
  className,
}: {
  steps: Steps;
  /** The counted thing, in the singular: "event". */
  noun: string;
  label: string;
  onSelect?: (from: number, to: number) => void;
  tone?: keyof typeof TONES;
  className?: string;
}) {
  const { buckets, stepMs } = useMemo(() => mergeBuckets(steps, MAX_BARS), [steps]);
  const { at, range, handlers } = useRangeSelection(buckets.length, (from, to) => {
    const [first, last] = [buckets[from], buckets[to]];
    if (first && last) onSelect?.(first.start, last.start + stepMs);
  });
  const highest = Math.max(1, ...buckets.map((each) => each.count));
  const describe = useBucketText(stepMs, noun);
  const selected = range ? sum(buckets.slice(range.from, range.to + 1)) : at === null ? undefined : buckets[at];
  const shownRange = range ?? (at === null ? null : { from: at, to: at });
  const total = buckets.reduce((sum, each) => sum + each.count, 0);
  const summary = `${label}: ${plural(total, noun)}, at most ${count(highest)} per bar`;
  return (
    <div className={cn("flex flex-col", className)}>
      <div
        {...handlers}
        role={onSelect ? "group" : "img"}
        tabIndex={onSelect ? 0 : undefined}
        aria-label={onSelect ? `${summary}. Arrow keys move, Shift extends the selection, Enter applies it.` : summary}
        className={cn(
          "relative mr-9 flex min-h-0 flex-1 touch-pan-y items-end border-b border-line-strong select-none",
          onSelect && "cursor-crosshair",
        )}
      >
        {total > 0 && (
          <span
            aria-hidden
            className="tabular pointer-events-none absolute top-0 left-full -translate-y-1/2 pl-1.5 text-2xs text-ink-3"
          >
            {compact(highest)}
          </span>
        )}
        <span aria-hidden className="pointer-events-none absolute inset-x-0 top-0 border-t border-dashed" />
        {shownRange && (
          <Highlight from={shownRange.from} to={shownRange.to} of={buckets.length} strong={range !== null} />
        )}
        {buckets.map((bucket) => (
          <span key={bucket.start} aria-hidden className="pointer-events-none flex h-full min-w-0 flex-1 items-end">
            <span
              className={cn("mx-[8%] flex-1 rounded-t-[2px]", TONES[tone])}
              style={{ height: bucket.count === 0 ? 0 : `max(2px, ${(bucket.count / highest) * 100}%)` }}
            />
          </span>
        ))}
        {selected && shownRange && (
          <Tip at={(shownRange.from + shownRange.to + 1) / 2 / buckets.length}>
            {describe(selected, shownRange.to - shownRange.from + 1)}
          </Tip>
        )}
      </div>
      <Labels buckets={buckets} stepMs={stepMs} />
    </div>
  );
}

function sum(buckets: Bucket[]): Bucket {
  return { start: buckets[0]?.start ?? 0, count: buckets.reduce((sum, each) => sum + each.count, 0) };
}

/** Describes the count of a time range. */
function useBucketText(stepMs: number, noun: string) {
  const time = useTime();
  return ({ start, count: events }: Bucket, steps: number) => {
    const end = start + steps * stepMs;
    const day = stepMs >= DAY_MS;
    const when = day
      ? steps > 1 || stepMs > DAY_MS
        ? `${dayInUtc(start)} – ${dayInUtc(end - 1)}`
        : dayInUtc(start)
      : `${time.day(start)}, ${time.clock(start)} – ${time.clock(end)}`;
    return (
      <>
        <strong className="font-semibold">{plural(events, noun)}</strong> · {when}
      </>
    );
  };
}

function Highlight({ from, to, of, strong }: { from: number; to: number; of: number; strong: boolean }) {
  return (
    <span
      aria-hidden
      className={cn("pointer-events-none absolute inset-y-0", strong ? "bg-accent-tint" : "bg-line")}
      style={{ left: `${(from / of) * 100}%`, width: `${((to - from + 1) / of) * 100}%` }}
    />
  );
}

function Tip({ at, children }: { at: number; children: React.ReactNode }) {
  const side = at > 0.5 ? { right: `${(1 - at) * 100}%` } : { left: `${at * 100}%` };
  return (
    <span
      aria-live="polite"
      className="pointer-events-none absolute top-1 z-2 rounded-md bg-ink px-2 py-1 text-xs whitespace-nowrap text-page shadow-float"
      style={side}
    >
      {children}
    </span>
  );
}

function Labels({ buckets, stepMs }: Steps) {
  const time = useTime();
  const spanMs = buckets.length * stepMs;
  const write = stepMs >= DAY_MS ? dayInUtc : spanMs > 2 * DAY_MS ? time.day : time.clock;
  const places = labelPositions(buckets.length, MAX_LABELS);
  return (
    <div aria-hidden className="relative mt-1 mr-9 h-4 text-2xs text-ink-3">
      {places.map((place, index) => (
        <span
          key={place}
          className={cn("tabular absolute whitespace-nowrap", index % 2 === 1 && "hidden sm:inline")}
          style={{ left: `${(place / buckets.length) * 100}%` }}
        >
          {write(buckets[place]?.start ?? 0)}
        </span>
      ))}
    </div>
  );
}
