import { useSyncExternalStore } from "react";

/** A choice of the person that outlives the page: kept in the browser, the same in all its windows. */
export interface Preference<T extends string> {
  use: () => T;
  set: (value: T) => void;
  get: () => T;
}

/** Makes a preference; where storage is forbidden, it lasts as long as the page. */
export function preference<T extends string>(name: string, allowed: readonly T[], otherwise: T): Preference<T> {
  const key = `mcm.${name}`;
  const listeners = new Set<() => void>();
  const known = (value: string | null): T => allowed.find((each) => each === value) ?? otherwise;
  const read = (): T => {
    try {
      return known(localStorage.getItem(key));
    } catch {
      return otherwise;
    }
  };
  let now = read();
  const change = (value: T) => {
    if (value === now) return;
    now = value;
    for (const listener of listeners) listener();
  };
  window.addEventListener("storage", (event) => {
    if (event.key === key) change(known(event.newValue));
  });
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const get = () => now;
  return {
    get,
    use: () => useSyncExternalStore(subscribe, get),
    set: (value) => {
      try {
        localStorage.setItem(key, value);
      } catch {
        // not kept then
      }
      change(value);
    },
  };
}
