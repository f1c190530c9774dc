import { api, body } from "./client";
import type { components } from "./schema.gen";

export type Summary = components["schemas"]["Summary"];
export type { Overview, RankedRule, RankedUser } from "./provisional";

/** A half-open stretch of time, ISO 8601. */
export interface Period {
  from?: string;
  to?: string;
}

/** Reads the totals, the findings by severity, and the events over time. */
export const getSummary = (query: Period & { interval?: "day" | "hour" } = {}, signal?: AbortSignal) =>
  body(api.GET("/stats/summary", { params: { query } as never, signal }));

/** Reads what is open, how fast events come in, and the rules and users to look at first. */
export const getOverview = (query: Period = {}, signal?: AbortSignal) =>
  body(api.GET("/stats/overview", { params: { query } as never, signal }));
