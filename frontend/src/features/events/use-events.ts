import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { type Event, type EventPage, getEventFacets, getEventHistogram, getEvents } from "@/lib/api/events";

import { type Filters, NO_FILTERS, toQuery } from "./filters";

export const PAGE_SIZE = 100;
const COUNTS_REFETCH_MS = 15_000;

export interface LoadedPages {
  pages: EventPage[];
  pageParams: (string | undefined)[];
}

export const listKey = (filters: Filters) => ["events", "list", filters];

export const loadPage = (filters: Filters, before?: string, signal?: AbortSignal) =>
  getEvents({ ...toQuery(filters, Date.now()), limit: PAGE_SIZE, before }, signal);

/** The matching events, newest first, loaded as far as the list was scrolled. */
export function useEvents(filters: Filters) {
  const list = useInfiniteQuery({
    queryKey: listKey(filters),
    queryFn: ({ pageParam, signal }) => loadPage(filters, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    // useTail keeps it fresh
    staleTime: Infinity,
  });
  const pages = list.data?.pages;
  const events = useMemo(() => pages && unique(pages.flatMap((page) => page.items)), [pages]);
  return { list, events };
}

/** Events over time, for the chart above the list. */
export function useEventHistogram(filters: Filters) {
  return useQuery({
    queryKey: ["events", "histogram", filters],
    queryFn: ({ signal }) => getEventHistogram({ ...toQuery(filters, Date.now()), interval: "auto" }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: COUNTS_REFETCH_MS,
  });
}

/** Events of the period by type and by source. */
export function useEventFacets({ last, from, to, fact }: Filters) {
  const filters = { ...NO_FILTERS, last, from, to, fact };
  return useQuery({
    queryKey: ["events", "facets", filters],
    queryFn: ({ signal }) => {
      const { from_timestamp, to_timestamp, fact: facts } = toQuery(filters, Date.now());
      return getEventFacets({ from_timestamp, to_timestamp, fact: facts }, signal);
    },
    placeholderData: keepPreviousData,
    refetchInterval: COUNTS_REFETCH_MS,
  });
}

/** An event that arrived while the pages were loaded may be on two of them. */
function unique(events: Event[]): Event[] {
  return [...new Map(events.map((event) => [event.id, event])).values()];
}
