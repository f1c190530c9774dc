import { api, body } from "./client";
import type { QueryOf, Schema } from "./schema";

export type Event = Schema<"EventResponse">;
export type EventDetails = Schema<"EventDetails">;
export type EventFacets = Schema<"EventFacets">;
export type EventFilter = Omit<QueryOf<"/events">, "limit" | "offset" | "before">;
export type Histogram = Schema<"Histogram">;

/** A page of events, newest first. */
export interface EventPage {
  items: Event[];
  /** The cursor of the next page, given as `before`; null on the last page. */
  next: string | null;
}

/** Reads a page of the matching events, newest first. */
export async function getEvents(
  query: EventFilter & { limit?: number; before?: string },
  signal?: AbortSignal,
): Promise<EventPage> {
  const { data, response } = await api.GET("/events", { params: { query }, signal });
  return { items: data ?? [], next: nextOf(response.headers.get("link")) };
}

/** Extracts the cursor of the next page from a Link header. */
export function nextOf(link: string | null): string | null {
  const next = link?.match(/<([^>]*)>;\s*rel="?next"?/)?.[1];
  return next ? new URL(next, window.location.origin).searchParams.get("before") : null;
}

/** Reads an event with its matching rules and related findings. */
export const getEvent = (event_id: number, signal?: AbortSignal) =>
  body(api.GET("/events/{event_id}", { params: { path: { event_id } }, signal }));

/** Counts the matching events by time. */
export const getEventHistogram = (query: QueryOf<"/events/histogram">, signal?: AbortSignal) =>
  body(api.GET("/events/histogram", { params: { query }, signal }));

/** Counts the events of a period by type and by source. */
export const getEventFacets = (query: QueryOf<"/events/facets">, signal?: AbortSignal) =>
  body(api.GET("/events/facets", { params: { query }, signal }));
