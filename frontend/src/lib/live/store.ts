import { useSyncExternalStore } from "react";

import { Connection } from "./connection";
import { type Change, type LiveState, NOTHING_YET, reduce } from "./reducer";

let state = NOTHING_YET;
const listeners = new Set<() => void>();

function tell(change: Change): void {
  const next = reduce(state, change);
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

const connection = new Connection(tell);

/** What was known when a list was asked for. */
export interface Asked {
  mark: number;
  epoch: number;
}

/** What the stream told so far. One connection serves the whole window. */
export const live = {
  get: (): LiveState => state,
  subscribe: (listener: () => void) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },
  /** Notes what is known when a list is asked for; it goes with the list that then comes. */
  ask: (): Asked => ({ mark: state.mark, epoch: state.epoch }),
  /**
   * Hears everything after the position a list was read at. The first list starts it; for a later one the stream is
   * already there, and what it told meanwhile is kept. A list asked for before the last resync starts nothing.
   */
  startFrom: (position: string | null, asked: Asked): void => {
    if (state.status === "off" && asked.epoch === state.epoch) connection.start(position);
  },
  retryNow: connection.retryNow,
  /** Ends the connection and forgets everything; for tests. */
  reset: (): void => {
    connection.stop();
    state = NOTHING_YET;
    for (const listener of listeners) listener();
  },
};

/** Reads a part of what the stream told; the part must be the same object while it has not changed. */
export function useLive<T>(part: (state: LiveState) => T): T {
  return useSyncExternalStore(live.subscribe, () => part(state));
}
