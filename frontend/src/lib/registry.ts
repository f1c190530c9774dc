import { useEffect, useId, useSyncExternalStore } from "react";

/** Items registered by the mounted components, each for as long as its component is mounted. */
export interface Registry<T> {
  use: () => readonly T[];
  get: () => readonly T[];
  /** Registers items while the calling component is mounted, always the latest it gave. */
  useAdd: (items: readonly T[]) => void;
}

/** Creates a registry; later registrations come later. */
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
