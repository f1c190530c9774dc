import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import type { Event } from "@/lib/api/events";
import { useLive } from "@/lib/live/store";

import type { Filters } from "./filters";
import { listKey, PAGE_SIZE, type ReadPages, readPage } from "./use-events";

const NONE: ReadonlyMap<string, number> = new Map();

/** Which events of the newest page a list lacks, and whether there may be more of them than the page holds. */
export function lacking(listed: readonly Event[], newest: readonly Event[]): { ids: string[]; more: boolean } {
  const known = new Set(listed.map((event) => event.id));
  const ids = newest.filter((event) => !known.has(event.id)).map((event) => String(event.id));
  return { ids, more: newest.length === PAGE_SIZE && ids.length === PAGE_SIZE };
}

/**
 * Lets new events into the top of the list: by themselves while nobody reads it, when asked to otherwise. The stream's
 * summary says when events were stored; only then the newest page is read.
 *
 * @param listed the list as it is shown
 * @param held whether the list must not move: it is paused, scrolled, pointed at, or an event is open
 */
export function useTail(filters: Filters, listed: readonly Event[] | undefined, held: boolean) {
  const queries = useQueryClient();
  const stored = useLive((state) => state.summary?.total_events);
  const [arrivals, setArrivals] = useState(NONE);

  const newest = useQuery({
    queryKey: ["events", "newest", filters],
    queryFn: ({ signal }) => readPage(filters, undefined, signal),
    enabled: false,
  });
  const { refetch, isFetching } = newest;
  const ready = listed !== undefined;
  const asked = useRef<{ filters: Filters; stored: number }>(undefined);
  useEffect(() => {
    // a page that is on its way may have been read before these were stored: it is read once more when it has come
    if (!ready || stored === undefined || isFetching) return;
    if (asked.current?.stored === stored && asked.current.filters === filters) return;
    asked.current = { filters, stored };
    void refetch();
  }, [ready, stored, filters, isFetching, refetch]);

  const page = newest.data;
  const waiting = useMemo(() => lacking(listed ?? [], page?.items ?? []), [listed, page]);

  const letIn = useCallback(() => {
    if (!page) return;
    queries.setQueryData<ReadPages>(listKey(filters), { pages: [page], pageParams: [undefined] });
    const now = Date.now();
    setArrivals(new Map(waiting.ids.map((id) => [id, now])));
  }, [queries, filters, page, waiting]);

  const some = waiting.ids.length > 0;
  useEffect(() => {
    if (!some || !ready || held) return;
    const timer = setTimeout(letIn);
    return () => clearTimeout(timer);
  }, [some, ready, held, letIn]);

  return { waiting: waiting.ids.length, more: waiting.more, arrivals, letIn };
}
