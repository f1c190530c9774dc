import { cn } from "@/lib/class-names";
import type { LiveStatus } from "@/lib/live/reducer";
import { useLive } from "@/lib/live/store";

const SAYS: Record<LiveStatus, { word: string; more: string; dot: string }> = {
  off: { word: "Idle", more: "Nothing on this page is live yet", dot: "bg-ink-3" },
  connecting: { word: "Connecting", more: "Connecting to the stream", dot: "bg-medium" },
  live: { word: "Live", more: "Findings arrive as they are raised", dot: "bg-good" },
  lost: { word: "Interrupted", more: "No connection; it is being tried again", dot: "bg-critical" },
};

/** The state of the live connection, in a word. */
export function LiveIndicator() {
  const status = useLive((state) => state.status);
  const { word, more, dot } = SAYS[status];
  return (
    <p role="status" title={more} className="flex h-8 items-center gap-2 px-2 text-xs font-medium text-ink-2">
      <span aria-hidden className="relative grid size-2 place-items-center">
        {status === "live" && <span className={cn("absolute size-2 animate-ping rounded-full opacity-60", dot)} />}
        <span className={cn("size-2 rounded-full", dot)} />
      </span>
      <span className="sr-only sm:not-sr-only sm:w-20">{word}</span>
    </p>
  );
}
