import { useCallback, useEffect, useRef, useState } from "react";

import type { StreamFinding } from "@/lib/live/frames";

const EVERY_MS = 1000;
const SHOWN_AS_NEW_MS = 3000;

/**
 * Lets new findings into the list: by themselves while nobody reads it, when asked to otherwise.
 *
 * @param fresh findings that the list does not have yet
 * @param reading whether somebody reads the list: it is scrolled, pointed at, or a row is open
 * @param refresh reads the list's beginning anew
 */
export function useFollowing(fresh: readonly StreamFinding[], reading: boolean, refresh: () => Promise<unknown>) {
  const [paused, setPaused] = useState(false);
  const [arrived, setArrived] = useState<ReadonlySet<string>>(NONE);
  const busy = useRef(false);

  const letIn = useCallback(async () => {
    if (busy.current) return;
    busy.current = true;
    try {
      await refresh();
      setArrived(new Set(fresh.map((finding) => finding.uid)));
    } catch {
      // they stay outside, and the pill says so; the banner says why
    } finally {
      busy.current = false;
    }
  }, [fresh, refresh]);

  const waiting = fresh.length > 0 && !paused && !reading;
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => void letIn(), arrived.size > 0 ? EVERY_MS : 0);
    return () => clearTimeout(timer);
  }, [waiting, letIn, arrived]);

  useEffect(() => {
    if (arrived.size === 0) return;
    const timer = setTimeout(() => setArrived(NONE), SHOWN_AS_NEW_MS);
    return () => clearTimeout(timer);
  }, [arrived]);

  return { paused, setPaused, arrived, letIn };
}

const NONE: ReadonlySet<string> = new Set();
