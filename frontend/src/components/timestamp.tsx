import { ago } from "@/lib/format";
import { useNow, useTime } from "@/lib/time/use-time";

/** A time in the chosen zone; its title adds how long ago it was. */
export function Timestamp({
  time,
  to = "second",
  className,
}: {
  time: string;
  to?: "second" | "minute";
  className?: string;
}) {
  const { stamp, minute, full, zone } = useTime();
  const now = useNow();
  return (
    <time dateTime={time} title={`${full(time)} ${zone}, ${ago(time, now)}`} className={className}>
      {to === "minute" ? minute(time) : stamp(time)}
    </time>
  );
}

/** A relative time; its title has the time itself. */
export function Ago({ time, className }: { time: string; className?: string }) {
  const { full, zone } = useTime();
  const now = useNow();
  return (
    <time dateTime={time} title={`${full(time)} ${zone}`} className={className}>
      {ago(time, now)}
    </time>
  );
}
