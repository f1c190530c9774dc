import { api, body } from "./client";
import type { Schema } from "./schema";

export type Source = Schema<"SourceResponse">;
export type SourceDetails = Schema<"SourceDetails">;

/** Reads every source of events, with its health. */
export const getSources = (signal?: AbortSignal) => body(api.GET("/sources", { signal }));

/** Reads a source in full, by its name. */
export const getSource = (name: string, signal?: AbortSignal) =>
  body(api.GET("/sources/{name}", { params: { path: { name } }, signal }));
