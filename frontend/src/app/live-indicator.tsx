import { cn } from "@/lib/class-names";
import type { LiveState } from "@/lib/live/reducer";
import { useLive } from "@/lib/live/store";

type Indication = LiveState["status"] | "delayed";

const INDICATIONS: Record<Indication, { label: string; detail: string; dot: string }> = {
  off: { label: "Offline", detail: "The live stream has not started", dot: "bg-ink-3" },
  connecting: { label: "Connecting", detail: "Connecting to the live stream", dot: "bg-medium" },
  live: { label: "Live", detail: "Findings arrive as they are raised", dot: "bg-good" },
  reconnecting: {
    label: "Reconnecting",
    detail: "No heartbeat from the API; retrying automatically",
    dot: "bg-medium",
  },
  delayed: { label: "Delayed", detail: "The API can't reach one of its dependencies", dot: "bg-medium" },
};

const indicationOf = ({ status, missing }: LiveState): Indication =>
  status === "live" && missing.length > 0 ? "delayed" : status;

/** The status of the live stream: live only while heartbeats arrive and the API can use Kafka and the database. */
export function LiveIndicator() {
  const indication = useLive(indicationOf);
  const missing = useLive((state) => state.missing);
  const { label, detail, dot } = INDICATIONS[indication];
  return (
    <p
      role="status"
      title={indication === "delayed" ? `The API can't reach: ${missing.join(", ")}` : detail}
      className="flex h-8 items-center gap-2 px-2 text-xs font-medium text-ink-2"
    >
      <span aria-hidden className="relative grid size-2 place-items-center">
        {indication === "live" && <span className={cn("absolute size-2 animate-ping rounded-full opacity-60", dot)} />}
        <span className={cn("size-2 rounded-full", dot)} />
      </span>
      <span className="sr-only sm:not-sr-only sm:w-22">{label}</span>
    </p>
  );
}
