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

let current = read();
const notify = () => {
  for (const listener of listeners) listener();
};
window.addEventListener("storage", (event) => {
  if (event.key !== KEY) return;
  current = event.newValue;
  notify();
});

/** The enrichment job in progress; shared by all windows, and kept across reloads. */
export const currentJob = {
  use: (): string | null =>
    useSyncExternalStore(
      (listener) => {
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
        };
      },
      () => current,
    ),
  set: (id: string | null): void => {
    current = id;
    try {
      if (id === null) localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, id);
    } catch {
      // storage is blocked: only this window has it
    }
    notify();
  },
};
