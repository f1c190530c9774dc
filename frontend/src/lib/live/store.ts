import { useSyncExternalStore } from "react";

import { Connection } from "./connection";
import type { StreamFinding } from "./frames";
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
  /** Whether the stream was listened to by then. */
  on: boolean;
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
  ask: (): Asked => ({ mark: state.mark, epoch: state.epoch, on: state.status !== "off" }),
  /**
   * Hears everything after the position a list was read at: the first list starts the stream.
   *
   * @returns whether nothing is missing between the list and the stream. Something may be when the stream was started
   *   from another list after this one was asked for, or had to begin anew: read the list once more then.
   */
  startFrom: (position: string | null, asked: Asked): boolean => {
    if (asked.epoch !== state.epoch) return false;
    if (state.status !== "off") return asked.on;
    connection.start(position);
    return true;
  },
  /** Takes a finding that the API answered with, as if the stream had told of it. */
  tell: (finding: StreamFinding): void => tell({ kind: "told", finding, at: Date.now() }),
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
