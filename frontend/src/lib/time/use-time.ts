import { useSyncExternalStore } from "react";

import { preference } from "../preference";
import { type TimeFormats, timeFormats, type Zone } from "./zone";

/** The time zone that times are shown in: UTC, as in logs, or the browser's. */
export const zone = preference<Zone>("zone", ["utc", "local"], "utc");

// creating a formatter costs more than a hundred uses, and a table shows a thousand times
const cache = new Map<Zone, TimeFormats>();

function formatsOf(chosen: Zone): TimeFormats {
  const formats = cache.get(chosen) ?? timeFormats(chosen);
  cache.set(chosen, formats);
  return formats;
}

/** The formats of the chosen time zone. */
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

/** The current time in milliseconds, updated every ten seconds; one clock for all relative times. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now);
}
