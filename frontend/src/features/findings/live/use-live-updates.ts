import { useCallback, useEffect, useState } from "react";

import { type LiveFindings, useLiveFindings } from "@/lib/live/use-live-list";

/**
 * Decides which live updates a list shows: all of them by default; no new findings while the list is read; none at all
 * while it is paused.
 *
 * @param reading whether a person reads the list: it is scrolled, hovered, a row is selected by the keyboard, or open
 */
export function useLiveUpdates(reading: boolean) {
  const latest = useLiveFindings();
  const [frozen, setFrozen] = useState<LiveFindings | null>(null);
  const [cutoff, setCutoff] = useState<number | null>(null);

  // what is there when reading starts is what is read; when it ends, all updates are shown again
  if (reading && cutoff === null) setCutoff(latest.revision);
  if (!reading && cutoff !== null && frozen === null) setCutoff(null);

  /** Shows the findings held back so far. */
  const showPending = useCallback(() => {
    setCutoff(reading || frozen ? latest.revision : null);
    if (frozen) setFrozen(latest);
  }, [reading, frozen, latest]);
  const setPaused = useCallback(
    (paused: boolean) => {
      setFrozen(paused ? latest : null);
      setCutoff(paused || reading ? latest.revision : null);
    },
    [latest, reading],
  );
  return {
    paused: frozen !== null,
    setPaused,
    showPending,
    /** The updates that listed rows show. */
    shown: frozen ?? latest,
    /** All updates, shown or not. */
    latest,
    /** New findings after this revision are held back. */
    cutoff: cutoff ?? Infinity,
  };
}

const REFRESH_MS = 3000;

/** Reloads a list while `due`, at intervals, and again after a failure. */
export function useAutoRefresh(due: boolean, refresh: () => Promise<void>): void {
  useEffect(() => {
    if (!due) return;
    const run = () => void refresh().catch(() => undefined);
    run();
    const timer = setInterval(run, REFRESH_MS);
    return () => clearInterval(timer);
  }, [due, refresh]);
}
