import { api, body } from "./client";
import type { QueryOf, Schema } from "./schema";

export type Pipeline = Schema<"Pipeline">;
export type GroupLag = Schema<"GroupLag">;
export type SourceState = Schema<"SourceState">;
export type DeadLetter = Schema<"DeadLetterResponse">;

/** Reads the consumers' lag, the state of each source, and the health of Kafka and the database. */
export const getPipeline = (signal?: AbortSignal) => body(api.GET("/pipeline", { signal }));

/** Reads a page of the dead letters, newest first. */
export const getDeadLetters = (query: QueryOf<"/dead-letters">, signal?: AbortSignal) =>
  body(api.GET("/dead-letters", { params: { query }, signal }));

/** Sends a dead letter to its original topic again, unchanged. */
export const replayDeadLetter = (partition: number, offset: number) =>
  body(api.POST("/dead-letters/{partition}/{offset}/replay", { params: { path: { partition, offset } } }));
