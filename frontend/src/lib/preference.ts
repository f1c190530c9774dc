import { useSyncExternalStore } from "react";

/** A preference that persists in the browser's storage and is shared by all windows. */
export interface Preference<T extends string> {
  use: () => T;
  set: (value: T) => void;
  get: () => T;
}

/** Creates a preference; where storage is blocked, it lasts as long as the page. */
export function preference<T extends string>(name: string, allowed: readonly T[], fallback: T): Preference<T> {
  const key = `mcm.${name}`;
  const listeners = new Set<() => void>();
  const known = (value: string | null): T => allowed.find((each) => each === value) ?? fallback;
  const read = (): T => {
    try {
      return known(localStorage.getItem(key));
    } catch {
      return fallback;
    }
  };
  let current = read();
  const change = (value: T) => {
    if (value === current) return;
    current = value;
    for (const listener of listeners) listener();
  };
  window.addEventListener("storage", (event) => {
    if (event.key === key) change(known(event.newValue));
  });
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const get = () => current;
  return {
    get,
    use: () => useSyncExternalStore(subscribe, get),
    set: (value) => {
      try {
        localStorage.setItem(key, value);
      } catch {
        // storage is blocked: it lasts as long as the page
      }
      change(value);
    },
  };
}
