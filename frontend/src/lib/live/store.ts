import { useSyncExternalStore } from "react";

import { Connection } from "./connection";
import type { StreamFinding } from "./frames";
import { type Change, INITIAL_STATE, type LiveState, reduce } from "./reducer";

let state = INITIAL_STATE;
const listeners = new Set<() => void>();

function dispatch(change: Change): void {
  const next = reduce(state, change);
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

const connection = new Connection(dispatch);

/** The state of the stream when a list was requested. */
export interface Snapshot {
  revision: number;
  epoch: number;
  /** Whether the stream was running by then. */
  streaming: boolean;
}

/** The store of the live stream. One connection serves the whole window. */
export const live = {
  get: (): LiveState => state,
  subscribe: (listener: () => void) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  },
  /** Taken when a list is requested; it stays with the list that then arrives. */
  snapshot: (): Snapshot => ({ revision: state.revision, epoch: state.epoch, streaming: state.status !== "off" }),
  /**
   * Starts the stream at the position of a list, unless it is running: the first list starts it.
   *
   * @returns whether nothing is missing between the list and the stream. Changes may be missing when the stream was
   *   started from another list after this one was requested, or had to start over: load the list again then.
   */
  startFrom: (position: string | null, snapshot: Snapshot): boolean => {
    if (snapshot.epoch !== state.epoch) return false;
    if (state.status !== "off") return snapshot.streaming;
    connection.start(position);
    return true;
  },
  /** Takes a finding from a response of the API as if it had arrived on the stream. */
  receive: (finding: StreamFinding): void => dispatch({ kind: "received", finding, at: Date.now() }),
  retryNow: connection.retryNow,
  /** Closes the connection and resets the state; for tests. */
  reset: (): void => {
    connection.stop();
    state = INITIAL_STATE;
    for (const listener of listeners) listener();
  },
};

/** Selects a part of the state; the part must be the same object while it has not changed. */
export function useLive<T>(select: (state: LiveState) => T): T {
  return useSyncExternalStore(live.subscribe, () => select(state));
}
