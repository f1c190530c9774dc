import { ArrowUp, Pause, Play } from "lucide-react";

import { Button } from "@/components/button";
import { compact } from "@/lib/format";
import { useLive } from "@/lib/live/store";

/** Holds the list still, or lets it follow what comes in. */
export function PauseButton({ paused, onChange }: { paused: boolean; onChange: (paused: boolean) => void }) {
  const live = useLive((state) => state.status === "live");
  return (
    <Button onClick={() => onChange(!paused)} aria-pressed={paused} disabled={!live && !paused}>
      {paused ? <Play aria-hidden /> : <Pause aria-hidden />}
      <span className="sr-only text-left sm:not-sr-only sm:w-12">{paused ? "Resume" : "Pause"}</span>
    </Button>
  );
}

/** Says how many rows wait outside of the list, and lets them in. */
export function NewPill({
  waiting,
  outgrown,
  onShow,
}: {
  waiting: number;
  /** So much came that the list has to be read again. */
  outgrown: boolean;
  onShow: () => void;
}) {
  return (
    <div aria-live="polite" className="pointer-events-none absolute inset-x-0 top-11 z-20 flex justify-center">
      {(waiting > 0 || outgrown) && (
        <button
          type="button"
          onClick={onShow}
          className="tabular pointer-events-auto inline-flex h-8 animate-in-up items-center gap-1.5 rounded-full bg-accent px-3.5 text-xs font-semibold text-on-accent shadow-float hover:bg-accent-strong"
        >
          <ArrowUp aria-hidden className="size-3.5" />
          {waiting > 0 ? `${compact(waiting)}${outgrown ? "+" : ""} new` : "Refresh the list"}
        </button>
      )}
    </div>
  );
}
