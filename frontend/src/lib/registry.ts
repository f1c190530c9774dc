import { useEffect, useId, useSyncExternalStore } from "react";

/** What the parts of a page that are there now have added, each for as long as it is there. */
export interface Registry<T> {
  use: () => readonly T[];
  get: () => readonly T[];
  /** Adds items while the calling component is mounted, and keeps them as they were given last. */
  useAdd: (items: readonly T[]) => void;
}

/** Makes a registry; what was added later comes later. */
export function registry<T>(): Registry<T> {
  const groups = new Map<string, readonly T[]>();
  const listeners = new Set<() => void>();
  let all: readonly T[] = [];
  const changed = () => {
    all = [...groups.values()].flat();
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
    useAdd: (items) => {
      const id = useId();
      useEffect(() => {
        groups.set(id, items);
        changed();
      }, [id, items]);
      useEffect(
        () => () => {
          groups.delete(id);
          changed();
        },
        [id],
      );
    },
  };
}
