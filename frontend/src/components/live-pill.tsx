import { ArrowUp, Pause, Play } from "lucide-react";

import { Button } from "@/components/button";
import { compact } from "@/lib/format";
import { useLive } from "@/lib/live/store";

/** Pauses and resumes the live updates of a list. */
export function PauseButton({ paused, onChange }: { paused: boolean; onChange: (paused: boolean) => void }) {
  const live = useLive((state) => state.status === "live");
  return (
    <Button onClick={() => onChange(!paused)} aria-pressed={paused} disabled={!live && !paused}>
      {paused ? <Play aria-hidden /> : <Pause aria-hidden />}
      <span className="sr-only text-left sm:not-sr-only sm:w-12">{paused ? "Resume" : "Pause"}</span>
    </Button>
  );
}

/** The number of new rows held back from a list, and the button that shows them. */
export function PendingPill({
  count,
  overflowed,
  onShow,
}: {
  count: number;
  /** Too many arrived to merge: the list has to be loaded again. */
  overflowed: boolean;
  onShow: () => void;
}) {
  return (
    <div
      aria-live="polite"
      className="pointer-events-none absolute inset-x-0 top-11 z-20 flex justify-center in-data-drawer:justify-start in-data-drawer:pl-4 print:hidden"
    >
      {(count > 0 || overflowed) && (
        <button
          type="button"
          onClick={onShow}
          className="tabular pointer-events-auto inline-flex h-8 animate-in-up items-center gap-1.5 rounded-full bg-accent px-3.5 text-xs font-semibold text-on-accent shadow-float hover:bg-accent-strong"
        >
          <ArrowUp aria-hidden className="size-3.5" />
          {count > 0 ? `${compact(count)}${overflowed ? "+" : ""} new` : "Refresh list"}
        </button>
      )}
    </div>
  );
}
