import { words } from "@/lib/format";
import { length } from "@/lib/time/period";
import { useTime } from "@/lib/time/use-time";

const MARGIN_PERCENT = 1;

/** Timeline of the events from the first to the last, with the time at which the finding was first seen. */
export function Timeline({
  events,
  firstSeen,
}: {
  events: readonly { id: number; timestamp: string; event_type: string }[];
  firstSeen: string;
}) {
  const { stamp, clock } = useTime();
  const first = events[0];
  const last = events.at(-1);
  if (!first || !last) return null;
  const begin = Date.parse(first.timestamp);
  const lasts = Math.max(Date.parse(last.timestamp) - begin, 1);
  const share = (time: string) => Math.min(1, Math.max(0, (Date.parse(time) - begin) / lasts));
  const place = (time: string) => `${MARGIN_PERCENT + share(time) * (100 - 2 * MARGIN_PERCENT)}%`;
  const marked = Date.parse(firstSeen) > begin;
  return (
    <figure className="mb-3">
      <figcaption className="sr-only">
        {events.length} events within {length(first.timestamp, last.timestamp)}
        {marked && `; the condition was first met at ${stamp(firstSeen)}`}
      </figcaption>
      <div className="relative h-9 rounded-md bg-sunken">
        <span aria-hidden className="absolute inset-x-2 top-1/2 h-px bg-line-strong" />
        {marked && (
          <span
            aria-hidden
            title={`First seen: the condition was first met at ${stamp(firstSeen)}`}
            style={{ left: place(firstSeen) }}
            className="absolute inset-y-0 w-1 -translate-x-1/2 rounded-full bg-high"
          />
        )}
        {events.map((event) => (
          <span
            key={event.id}
            title={`${words(event.event_type)}, ${stamp(event.timestamp)}`}
            style={{ left: place(event.timestamp) }}
            className="absolute top-2 h-5 w-0.5 -translate-x-1/2 rounded-full bg-accent"
          />
        ))}
      </div>
      <div aria-hidden className="tabular mt-1 flex justify-between text-xs text-ink-2">
        <span>First event {clock(first.timestamp)}</span>
        {marked && (
          <span className="flex items-center gap-1.5">
            <span className="h-3 w-1 rounded-full bg-high" />
            Condition first met
          </span>
        )}
        <span>Last event {clock(last.timestamp)}</span>
      </div>
    </figure>
  );
}
