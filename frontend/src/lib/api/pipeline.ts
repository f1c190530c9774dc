import { api, body } from "./client";
import type { QueryOf, Schema } from "./schema";

export type Pipeline = Schema<"Pipeline">;
export type GroupLag = Schema<"GroupLag">;
export type SourceState = Schema<"SourceState">;
export type DeadLetter = Schema<"DeadLetter">;

/** Reads how far each service is, who reads what, what came from each source, and whether all answers. */
export const getPipeline = (signal?: AbortSignal) => body(api.GET("/pipeline", { signal }));

/** Reads a page of what could not be processed, the newest first. */
export const getDeadLetters = (query: QueryOf<"/dead-letters">, signal?: AbortSignal) =>
  body(api.GET("/dead-letters", { params: { query }, signal }));

/** Sends a dead letter to the topic it came from again, as it was. */
export const replayDeadLetter = (partition: number, offset: number) =>
  body(api.POST("/dead-letters/{partition}/{offset}/replay", { params: { path: { partition, offset } } }));
