import { useMemo } from "react";

import type { StreamFinding } from "./frames";
import { join, type Versioned } from "./join";
import type { LiveState, Told } from "./reducer";
import { useLive } from "./store";

export interface LiveList<T> {
  /** The list as read, each item in its newest state, in the order it was read. */
  items: readonly T[];
  /** Findings told since that the list does not have and that `belongs` to it, the newest told first. */
  fresh: Told[];
  /** The uids of items that changed since the list was read, each with the mark of its change. */
  changed: ReadonlyMap<string, number>;
  /** The list lacks changes that were forgotten meanwhile: read it again. */
  stale: boolean;
}

/** What of the stream's state a list is brought up to date with. */
export type News = Pick<LiveState, "told" | "forgotten" | "mark">;

/**
 * Brings a list up to date with what the stream told since.
 *
 * @param readAt the live mark when the list was *asked for*: a finding told by then was stored before, so the list has it
 */
export function upToDate<T extends Versioned>(
  { told, forgotten }: Pick<News, "told" | "forgotten">,
  read: readonly T[],
  readAt: number,
  belongs: (finding: StreamFinding) => boolean,
): LiveList<T> {
  const changed = new Map<string, number>();
  const items = read.map((item) => {
    const news = told.get(item.uid);
    if (!news) return item;
    const joined = join(item, news.finding);
    if (joined !== item) changed.set(item.uid, news.mark);
    return joined;
  });
  const known = new Set(read.map((item) => item.uid));
  const fresh = [...told.values()].filter(
    ({ finding, mark }) => mark > readAt && !known.has(finding.uid) && belongs(finding),
  );
  // the same list as long as nothing changed, so that nothing is drawn again
  return { items: changed.size > 0 ? items : read, fresh: fresh.reverse(), changed, stale: forgotten > readAt };
}

/** What the stream told so far, as one value. */
export function useNews(): News {
  const told = useLive((state) => state.told);
  const forgotten = useLive((state) => state.forgotten);
  const mark = useLive((state) => state.mark);
  return useMemo(() => ({ told, forgotten, mark }), [told, forgotten, mark]);
}

/** Keeps a list up to date; see {@link upToDate}. */
export function useLiveList<T extends Versioned>(
  read: readonly T[],
  readAt: number,
  belongs: (finding: StreamFinding) => boolean,
  news: News,
): LiveList<T> {
  return useMemo(() => upToDate(news, read, readAt, belongs), [news, read, readAt, belongs]);
}
