import { api, body } from "./client";
import type { Schema } from "./schema";

type All<Name extends "ActionRequest" | "BulkActionRequest"> = Schema<Name>;

/** An action; what is left out has its default. */
export type FindingAction = Pick<All<"ActionRequest">, "kind"> & Partial<All<"ActionRequest">>;
export type BulkAction = Pick<All<"BulkActionRequest">, "kind"> & Partial<All<"BulkActionRequest">>;
export type BulkResult = Schema<"BulkActionResponse">;
export type TimelineEntry = Schema<"TimelineEntry">;

/** Acts on a finding as of a triage version; a newer one is a problem of status 412 that says who changed it. */
export const actOnFinding = (finding_id: number, action: FindingAction, triageVersion: number) =>
  body(
    api.POST("/findings/{finding_id}/actions", {
      params: { path: { finding_id }, header: { "if-match": `"${triageVersion}"` } },
      body: action as All<"ActionRequest">,
    }),
  );

/** Acts on many findings, 1,000 at most; with `dry_run` it only counts. */
export const actOnFindings = (action: BulkAction, signal?: AbortSignal) =>
  body(api.POST("/findings/actions", { body: action as All<"BulkActionRequest">, signal }));

/** Reads what the engine, the AI and people did with a finding, oldest first. */
export const getFindingTimeline = (finding_id: number, signal?: AbortSignal) =>
  body(api.GET("/findings/{finding_id}/actions", { params: { path: { finding_id } }, signal }));
