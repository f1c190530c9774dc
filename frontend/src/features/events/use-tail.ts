import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import type { Event } from "@/lib/api/events";
import { useLive } from "@/lib/live/store";

import type { Filters } from "./filters";
import { listKey, PAGE_SIZE, type LoadedPages, loadPage } from "./use-events";

const NONE: ReadonlyMap<string, number> = new Map();

/** The events of the newest page that a list lacks, and whether there may be more than the page holds. */
export function missingFrom(listed: readonly Event[], newest: readonly Event[]): { ids: string[]; more: boolean } {
  const known = new Set(listed.map((event) => event.id));
  const ids = newest.filter((event) => !known.has(event.id)).map((event) => String(event.id));
  return { ids, more: newest.length === PAGE_SIZE && ids.length === PAGE_SIZE };
}

/**
 * Adds new events to the top of the list: automatically, or on request while the list must not move. The newest page is
 * loaded only when the stream's summary reports new events.
 *
 * @param listed the list as it is shown
 * @param held whether the list must not move: it is paused, read, or an event is open
 */
export function useTail(filters: Filters, listed: readonly Event[] | undefined, held: boolean) {
  const queries = useQueryClient();
  const stored = useLive((state) => state.summary?.total_events);
  const [arrivals, setArrivals] = useState(NONE);

  const newest = useQuery({
    queryKey: ["events", "newest", filters],
    queryFn: ({ signal }) => loadPage(filters, undefined, signal),
    enabled: false,
  });
  const { refetch, isFetching } = newest;
  const ready = listed !== undefined;
  const requested = useRef<{ filters: Filters; stored: number }>(undefined);
  useEffect(() => {
    // a page that is loading may be older than these events: it is loaded again afterwards
    if (!ready || stored === undefined || isFetching) return;
    if (requested.current?.stored === stored && requested.current.filters === filters) return;
    requested.current = { filters, stored };
    void refetch();
  }, [ready, stored, filters, isFetching, refetch]);

  const page = newest.data;
  const missing = useMemo(() => missingFrom(listed ?? [], page?.items ?? []), [listed, page]);

  const showPending = useCallback(() => {
    if (!page) return;
    queries.setQueryData<LoadedPages>(listKey(filters), { pages: [page], pageParams: [undefined] });
    const now = Date.now();
    setArrivals(new Map(missing.ids.map((id) => [id, now])));
  }, [queries, filters, page, missing]);

  const some = missing.ids.length > 0;
  useEffect(() => {
    if (!some || !ready || held) return;
    const timer = setTimeout(showPending);
    return () => clearTimeout(timer);
  }, [some, ready, held, showPending]);

  return { heldBack: missing.ids.length, more: missing.more, arrivals, showPending };
}
