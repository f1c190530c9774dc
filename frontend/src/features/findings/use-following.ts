import { useCallback, useEffect, useState } from "react";

import { type News, useNews } from "@/lib/live/use-live-list";

/**
 * Decides what of the stream a list may show: all of it while nobody reads the list; no new findings while somebody does;
 * nothing at all while it is paused.
 *
 * @param reading whether somebody reads the list: it is scrolled, pointed at, or a row is open
 */
export function useFollowing(reading: boolean) {
  const now = useNews();
  const [paused, setPaused] = useState<News | null>(null);
  const [held, setHeld] = useState<number | null>(null);

  // when reading begins, what is there now is what is read; when it ends, everything may come in
  if (reading && held === null) setHeld(now.mark);
  if (!reading && held !== null && paused === null) setHeld(null);

  /** Lets in what waits outside. */
  const letIn = useCallback(() => {
    setHeld(reading || paused ? now.mark : null);
    if (paused) setPaused(now);
  }, [reading, paused, now]);
  const pause = useCallback(
    (wanted: boolean) => {
      setPaused(wanted ? now : null);
      setHeld(wanted || reading ? now.mark : null);
    },
    [now, reading],
  );
  return {
    paused: paused !== null,
    pause,
    letIn,
    /** What rows may show. */
    news: paused ?? now,
    /** What there is, shown or not. */
    now,
    /** Findings first told after this mark wait outside. */
    upTo: held ?? Infinity,
  };
}

const REFRESH_EVERY_MS = 3000;

/** Reads a list again while that is wanted, not too often, and again when it failed. */
export function useRefreshing(wanted: boolean, refresh: () => Promise<void>): void {
  useEffect(() => {
    if (!wanted) return;
    const again = () => void refresh().catch(() => undefined);
    again();
    const timer = setInterval(again, REFRESH_EVERY_MS);
    return () => clearInterval(timer);
  }, [wanted, refresh]);
}
