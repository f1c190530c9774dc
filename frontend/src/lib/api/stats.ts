import { api, body } from "./client";
import type { QueryOf, Schema } from "./schema";

export type Summary = Schema<"Summary">;
export type Overview = Schema<"Overview">;

/** Reads the totals, the findings by severity, and the events over time. */
export const getSummary = (query: QueryOf<"/stats/summary"> = {}, signal?: AbortSignal) =>
  body(api.GET("/stats/summary", { params: { query }, signal }));

/** Reads the unscored count, the event rate, and the rules and users with the highest risk. */
export const getOverview = (query: QueryOf<"/stats/overview"> = {}, signal?: AbortSignal) =>
  body(api.GET("/stats/overview", { params: { query }, signal }));
