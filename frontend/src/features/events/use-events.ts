import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { type Event, type EventPage, getEventFacets, getEventHistogram, getEvents } from "@/lib/api/events";

import { type Filters, toQuery } from "./filters";

export const PAGE_SIZE = 100;
const COUNTS_EVERY_MS = 15_000;

export interface ReadPages {
  pages: EventPage[];
  pageParams: (string | undefined)[];
}

export const listKey = (filters: Filters) => ["events", "list", filters];

export const readPage = (filters: Filters, before?: string, signal?: AbortSignal) =>
  getEvents({ ...toQuery(filters, Date.now()), limit: PAGE_SIZE, before }, signal);

/** The events that match, the newest first, as far as they were scrolled through. */
export function useEvents(filters: Filters) {
  const list = useInfiniteQuery({
    queryKey: listKey(filters),
    queryFn: ({ pageParam, signal }) => readPage(filters, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    // the tail keeps it fresh
    staleTime: Infinity,
  });
  const pages = list.data?.pages;
  const events = useMemo(() => pages && unique(pages.flatMap((page) => page.items)), [pages]);
  return { list, events };
}

/** Events by time, for the chart over the list. */
export function useEventHistogram(filters: Filters) {
  return useQuery({
    queryKey: ["events", "histogram", filters],
    queryFn: ({ signal }) => getEventHistogram({ ...toQuery(filters, Date.now()), interval: "auto" }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: COUNTS_EVERY_MS,
  });
}

/** Events of the period by type and by source. */
export function useEventFacets({ last, from, to }: Filters) {
  const period = { last, from, to };
  return useQuery({
    queryKey: ["events", "facets", period],
    queryFn: ({ signal }) => {
      const { from_timestamp, to_timestamp } = toQuery(
        { ...period, event_type: [], source: [], user: null },
        Date.now(),
      );
      return getEventFacets({ from_timestamp, to_timestamp }, signal);
    },
    placeholderData: keepPreviousData,
    refetchInterval: COUNTS_EVERY_MS,
  });
}

/** An event that came in while the pages were read may be on two of them. */
function unique(events: Event[]): Event[] {
  return [...new Map(events.map((event) => [event.id, event])).values()];
}
