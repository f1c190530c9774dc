import { useMemo } from "react";

import { cn } from "@/lib/class-names";
import { compact, count, plural } from "@/lib/format";
import { useTime } from "@/lib/time/use-time";
import { timeFormats } from "@/lib/time/zone";

import { type Bucket, gather, labelled, type Steps } from "./buckets";
import { useSpan } from "./use-span";

const MOST_BARS = 120;
const MOST_LABELS = 6;
const DAY_MS = 86_400_000;
/** The API's days are days in UTC, also for somebody who reads clock times in a zone of their own. */
const dayInUtc = timeFormats("utc").day;

/**
 * Counts over time as bars. With `onSelect` a stretch of time can be chosen by dragging, a click or the arrow keys; it
 * is half open, in milliseconds.
 */
export function TimeBars({
  steps,
  noun,
  label,
  onSelect,
  className,
}: {
  steps: Steps;
  /** What is counted, one of it: "event". */
  noun: string;
  label: string;
  onSelect?: (from: number, to: number) => void;
  className?: string;
}) {
  const { buckets, stepMs } = useMemo(() => gather(steps, MOST_BARS), [steps]);
  const { at, span, handlers } = useSpan(buckets.length, (from, to) => {
    const [first, last] = [buckets[from], buckets[to]];
    if (first && last) onSelect?.(first.start, last.start + stepMs);
  });
  const highest = Math.max(1, ...buckets.map((each) => each.count));
  const says = useSays(stepMs, noun);
  const chosen = span ? joined(buckets.slice(span.from, span.to + 1)) : at === null ? undefined : buckets[at];
  const shownSpan = span ?? (at === null ? null : { from: at, to: at });
  const total = buckets.reduce((sum, each) => sum + each.count, 0);
  const summary = `${label}: ${plural(total, noun)}, at most ${count(highest)} at once`;
  return (
    <div className={cn("flex flex-col", className)}>
      <div
        {...handlers}
        role={onSelect ? "group" : "img"}
        tabIndex={onSelect ? 0 : undefined}
        aria-label={onSelect ? `${summary}. Arrow keys go through it, Shift stretches, Enter chooses.` : summary}
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
        {shownSpan && <Mark from={shownSpan.from} to={shownSpan.to} of={buckets.length} strong={span !== null} />}
        {buckets.map((bucket) => (
          <span key={bucket.start} aria-hidden className="pointer-events-none flex h-full min-w-0 flex-1 items-end">
            <span
              className="mx-[8%] flex-1 rounded-t-[2px] bg-accent"
              style={{ height: bucket.count === 0 ? 0 : `max(2px, ${(bucket.count / highest) * 100}%)` }}
            />
          </span>
        ))}
        {chosen && shownSpan && (
          <Tip at={(shownSpan.from + shownSpan.to + 1) / 2 / buckets.length}>
            {says(chosen, shownSpan.to - shownSpan.from + 1)}
          </Tip>
        )}
      </div>
      <Labels buckets={buckets} stepMs={stepMs} />
    </div>
  );
}

function joined(buckets: Bucket[]): Bucket {
  return { start: buckets[0]?.start ?? 0, count: buckets.reduce((sum, each) => sum + each.count, 0) };
}

/** Says in words what a stretch holds. */
function useSays(stepMs: number, noun: string) {
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

function Mark({ from, to, of, strong }: { from: number; to: number; of: number; strong: boolean }) {
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
  const places = labelled(buckets.length, MOST_LABELS);
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
