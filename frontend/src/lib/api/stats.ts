import { api, body } from "./client";
import type { QueryOf, Schema } from "./schema";

export type Summary = Schema<"Summary">;
export type Overview = Schema<"Overview">;
export type Timeline = Schema<"Timeline">;

/** Reads the totals, the findings by severity, and the events by day. */
export const getSummary = (query: QueryOf<"/stats/summary"> = {}, signal?: AbortSignal) =>
  body(api.GET("/stats/summary", { params: { query }, signal }));

/** Reads events and findings over time, counted exactly within the period. */
export const getTimeline = (query: QueryOf<"/stats/timeline"> = {}, signal?: AbortSignal) =>
  body(api.GET("/stats/timeline", { params: { query }, signal }));

/** Reads the unscored count, the event rate, and the rules and users with the highest risk. */
export const getOverview = (query: QueryOf<"/stats/overview"> = {}, signal?: AbortSignal) =>
  body(api.GET("/stats/overview", { params: { query }, signal }));

/** Reads open and overdue findings by severity, and the time to acknowledge and to resolve them. */
export const getTriageFigures = (signal?: AbortSignal) => body(api.GET("/stats/triage", { signal }));
