import { useSyncExternalStore } from "react";

const KEY = "mcm.enrichment-job";
const listeners = new Set<() => void>();

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

let now = read();
const say = () => {
  for (const listener of listeners) listener();
};
window.addEventListener("storage", (event) => {
  if (event.key !== KEY) return;
  now = event.newValue;
  say();
});

/** The job that was started last and has not been seen to end; all windows know it, also after a reload. */
export const currentJob = {
  use: (): string | null =>
    useSyncExternalStore(
      (listener) => {
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
        };
      },
      () => now,
    ),
  set: (id: string | null): void => {
    now = id;
    try {
      if (id === null) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, id);
    } catch {
      // this window still knows it
    }
    say();
  },
};
