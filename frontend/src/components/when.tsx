import { ago } from "@/lib/format";
import { useNow, useTime } from "@/lib/time/use-time";

/** A time in the person's zone; how long ago it was stands in its title. */
export function When({
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

/** How long ago something was; the time itself stands in its title. */
export function Ago({ time, className }: { time: string; className?: string }) {
  const { full, zone } = useTime();
  const now = useNow();
  return (
    <time dateTime={time} title={`${full(time)} ${zone}`} className={className}>
      {ago(time, now)}
    </time>
  );
}
