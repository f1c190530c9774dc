import { useMemo } from "react";

import type { StreamFinding } from "./frames";
import { join, type Versioned } from "./join";
import type { LiveState } from "./reducer";
import { useLive } from "./store";

export interface LiveList<T> {
  /** The list as read, each item in its newest state, in the order it was read. */
  items: T[];
  /** Findings told since that the list does not have and that `belongs` to it, the newest told first. */
  fresh: StreamFinding[];
  /** The uids of items that changed since the list was read, each with the mark of its change. */
  changed: ReadonlyMap<string, number>;
  /** The list lacks changes that were forgotten meanwhile: read it again. */
  stale: boolean;
}

/**
 * Brings a list up to date with what the stream told since.
 *
 * @param readAt the live mark when the list was *asked for*: a finding told by then was stored before, so the list has it
 */
export function upToDate<T extends Versioned>(
  state: Pick<LiveState, "told" | "forgotten" | "mark">,
  read: readonly T[],
  readAt: number,
  belongs: (finding: StreamFinding) => boolean,
): LiveList<T> {
  const changed = new Map<string, number>();
  const items = read.map((item) => {
    const told = state.told.get(item.uid);
    if (!told) return item;
    const joined = join(item, told.finding);
    if (joined !== item) changed.set(item.uid, told.mark);
    return joined;
  });
  const fresh: StreamFinding[] = [];
  const known = new Set(read.map((item) => item.uid));
  for (const [uid, { finding, mark }] of state.told)
    if (mark > readAt && !known.has(uid) && belongs(finding)) fresh.push(finding);
  return { items, fresh: fresh.reverse(), changed, stale: state.forgotten > readAt };
}

/** Keeps a list up to date; see {@link upToDate}. `paused` holds what the stream told at that moment. */
export function useLiveList<T extends Versioned>(
  read: readonly T[],
  readAt: number,
  belongs: (finding: StreamFinding) => boolean,
): LiveList<T> {
  const told = useLive((state) => state.told);
  const forgotten = useLive((state) => state.forgotten);
  const mark = useLive((state) => state.mark);
  return useMemo(
    () => upToDate({ told, forgotten, mark }, read, readAt, belongs),
    [told, forgotten, mark, read, readAt, belongs],
  );
}
