import { api, body } from "./client";
import type { Schema } from "./schema";

export type Exception = Schema<"ExceptionResponse">;
export type ExceptionState = Exception["state"];
export type ExceptionPreview = Schema<"ExceptionPreview">;
/** Which findings an exception covers; a condition that is left out is none. */
export type Matcher = Partial<Schema<"ExceptionMatcher">>;
/** A matcher and the period of event time that it is for. */
export interface ExceptionDraft {
  matcher: Matcher;
  starts_at: string;
  expires_at: string;
}
export interface ExceptionRequest extends ExceptionDraft {
  owner: string;
  reason: string;
  ticket: string | null;
}

/** The longest period of an exception, and the shortest reason for one, as the API has them. */
export const MAX_DAYS = 180;
export const MIN_REASON = 20;

/** The number of an exception as people write it. */
export const exceptionName = (number: number): string => `EX-${number}`;

/** Reads a page of exceptions, the newest first. */
export const getExceptions = (before?: number, signal?: AbortSignal) =>
  body(api.GET("/exceptions", { params: { query: { before } }, signal }));

/** Counts what an exception would have hidden, and hides now. */
export const previewException = (draft: ExceptionDraft, signal?: AbortSignal) =>
  body(api.POST("/exceptions/preview", { body: draft as Schema<"ExceptionPreviewRequest">, signal }));

/** Requests an exception. */
export const requestException = (request: ExceptionRequest) =>
  body(api.POST("/exceptions", { body: request as Schema<"ExceptionRequest"> }));

/** Approves or revokes an exception. */
export const actOnException = (number: number, kind: "approve" | "revoke", reason: string | null) =>
  body(api.POST("/exceptions/{number}/actions", { params: { path: { number } }, body: { kind, reason } }));
