import { api, body } from "./client";
import type { QueryOf, Schema } from "./schema";

export type Pipeline = Schema<"Pipeline">;
export type GroupLag = Schema<"GroupLag">;
export type SourceState = Schema<"SourceState">;
export type DeadLetter = Schema<"DeadLetterResponse">;
export type DeadLetterState = Schema<"EntryState">;

/** Reads the consumers' lag, the state of each source, and the health of Kafka and the database. */
export const getPipeline = (signal?: AbortSignal) => body(api.GET("/pipeline", { signal }));

/** Reads a page of the dead letters, newest first. */
export const getDeadLetters = (query: QueryOf<"/dead-letters">, signal?: AbortSignal) =>
  body(api.GET("/dead-letters", { params: { query }, signal }));

/** Dismisses a dead letter that needs no retry. */
export const dismissDeadLetter = (partition: number, offset: number, reason: string) =>
  body(
    api.POST("/dead-letters/{partition}/{offset}/dismiss", {
      params: { path: { partition, offset } },
      body: { reason },
    }),
  );

/** Reopens a dead letter that was dismissed or retried. */
export const reopenDeadLetter = (partition: number, offset: number) =>
  body(api.POST("/dead-letters/{partition}/{offset}/reopen", { params: { path: { partition, offset } } }));

/** Sends a dead letter to its original topic again, unchanged. */
export const replayDeadLetter = (partition: number, offset: number) =>
  body(api.POST("/dead-letters/{partition}/{offset}/replay", { params: { path: { partition, offset } } }));
