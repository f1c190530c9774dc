import { words } from "@/lib/format";
import { length } from "@/lib/time/period";
import { useTime } from "@/lib/time/use-time";

const MARGIN_PERCENT = 1;

/** Timeline of the events, from the first to the last. */
export function Timeline({ events }: { events: readonly { id: number; timestamp: string; event_type: string }[] }) {
  const { stamp } = useTime();
  const first = events[0];
  const last = events.at(-1);
  if (!first || !last) return null;
  const begin = Date.parse(first.timestamp);
  const lasts = Math.max(Date.parse(last.timestamp) - begin, 1);
  const place = (time: string) =>
    `${MARGIN_PERCENT + ((Date.parse(time) - begin) / lasts) * (100 - 2 * MARGIN_PERCENT)}%`;
  return (
    <figure className="mb-3">
      <figcaption className="sr-only">
        {events.length} events within {length(first.timestamp, last.timestamp)}
      </figcaption>
      <div className="relative h-9 rounded-md bg-sunken">
        <span aria-hidden className="absolute inset-x-2 top-1/2 h-px bg-line-strong" />
        {events.map((event) => (
          <span
            key={event.id}
            title={`${words(event.event_type)}, ${stamp(event.timestamp)}`}
            style={{ left: place(event.timestamp) }}
            className="absolute top-2 h-5 w-0.5 -translate-x-1/2 rounded-full bg-accent"
          />
        ))}
      </div>
      <div aria-hidden className="tabular mt-1 flex justify-between text-xs text-ink-3">
        <span>{stamp(first.timestamp)}</span>
        <span>{length(first.timestamp, last.timestamp)}</span>
        <span>{stamp(last.timestamp)}</span>
      </div>
    </figure>
  );
}
