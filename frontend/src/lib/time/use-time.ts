import { useSyncExternalStore } from "react";

import { preference } from "../preference";
import { type TimeFormats, timeFormats, type Zone } from "./zone";

/** UTC, as logs have it, or the person's own zone. */
export const zone = preference<Zone>("zone", ["utc", "local"], "utc");

// making a format takes longer than using it a hundred times, and a table has a thousand times in it
const made = new Map<Zone, TimeFormats>();

function formatsOf(chosen: Zone): TimeFormats {
  const formats = made.get(chosen) ?? timeFormats(chosen);
  made.set(chosen, formats);
  return formats;
}

/** Formats times in the zone the person chose. */
export function useTime(): TimeFormats {
  return formatsOf(zone.use());
}

const TICK_MS = 10_000;
let now = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time now, in milliseconds, moving every ten seconds; one clock for all that says "ago". */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
