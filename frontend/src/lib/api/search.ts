import { api, body } from "./client";
import type { Schema } from "./schema";

export type SearchResponse = Schema<"SearchResponse">;

/** Searches findings, users and rules by text, and all of them and events by id. */
export const search = (q: string, limit: number, signal?: AbortSignal) =>
  body(api.GET("/search", { params: { query: { q, limit } }, signal }));
