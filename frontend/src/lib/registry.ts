import { useEffect, useSyncExternalStore } from "react";

/** What the parts of a page that are there now have added, each for as long as it is there. */
export interface Registry<T> {
  use: () => readonly T[];
  get: () => readonly T[];
  /** Adds items while the calling component is mounted; keep the array stable (module scope or useMemo). */
  useAdd: (items: readonly T[]) => void;
}

/** Makes a registry; of two items that mean the same, the last added comes last. */
export function registry<T>(): Registry<T> {
  const groups = new Set<readonly T[]>();
  const listeners = new Set<() => void>();
  let all: readonly T[] = [];
  const changed = () => {
    all = [...groups].flat();
    for (const listener of listeners) listener();
  };
  const subscribe = (listener: () => void) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  };
  const get = () => all;
  return {
    get,
    use: () => useSyncExternalStore(subscribe, get),
    useAdd: (items) =>
      useEffect(() => {
        groups.add(items);
        changed();
        return () => {
          groups.delete(items);
          changed();
        };
      }, [items]),
  };
}
