import { useMemo } from "react";

import type { StreamFinding } from "./frames";
import { join, type Versioned } from "./join";
import type { LiveState, ReceivedFinding } from "./reducer";
import { useLive } from "./store";

export interface LiveList<T> {
  /** The list as loaded, each item in its newest state, in the order it was loaded. */
  items: readonly T[];
  /** Matching findings received since the list was loaded that are not in it, the newest first. */
  pending: ReceivedFinding[];
  /** The uids of items that changed since the list was loaded, each with the revision of its change. */
  changed: ReadonlyMap<string, number>;
  /** The list lacks changes that were evicted meanwhile: load it again. */
  stale: boolean;
}

/** The part of the stream's state that updates a list. */
export type LiveFindings = Pick<LiveState, "received" | "evictedAt" | "revision">;

/**
 * Merges the findings received from the stream into a list.
 *
 * @param loadedAt the revision when the list was *requested*: a finding received by then was stored before, so the list
 *   has it
 */
export function mergeLive<T extends Versioned>(
  { received, evictedAt }: Pick<LiveFindings, "received" | "evictedAt">,
  list: readonly T[],
  loadedAt: number,
  matches: (finding: StreamFinding) => boolean,
): LiveList<T> {
  const changed = new Map<string, number>();
  const items = list.map((item) => {
    const update = received.get(item.uid);
    if (!update) return item;
    const joined = join(item, update.finding);
    if (joined !== item) changed.set(item.uid, update.revision);
    return joined;
  });
  const known = new Set(list.map((item) => item.uid));
  const pending = [...received.values()].filter(
    ({ finding, revision }) => revision > loadedAt && !known.has(finding.uid) && matches(finding),
  );
  // the same list as long as nothing changed, so that nothing renders again
  return { items: changed.size > 0 ? items : list, pending: pending.reverse(), changed, stale: evictedAt > loadedAt };
}

/** The findings received so far, as one value. */
export function useLiveFindings(): LiveFindings {
  const received = useLive((state) => state.received);
  const evictedAt = useLive((state) => state.evictedAt);
  const revision = useLive((state) => state.revision);
  return useMemo(() => ({ received, evictedAt, revision }), [received, evictedAt, revision]);
}

/** A list with the stream's findings merged in; see {@link mergeLive}. */
export function useLiveList<T extends Versioned>(
  list: readonly T[],
  loadedAt: number,
  matches: (finding: StreamFinding) => boolean,
  findings: LiveFindings,
): LiveList<T> {
  return useMemo(() => mergeLive(findings, list, loadedAt, matches), [findings, list, loadedAt, matches]);
}
