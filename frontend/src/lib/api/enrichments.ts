import { api, body } from "./client";
import type { Schema } from "./schema";

export type EnrichmentJob = Schema<"EnrichmentJob">;

/** Starts a job that enriches every finding without a score. */
export const enrichAllMissing = () => body(api.POST("/enrichments", {}));

/** Reads a job's progress. */
export const getEnrichmentJob = (job_id: string, signal?: AbortSignal) =>
  body(api.GET("/enrichments/{job_id}", { params: { path: { job_id } }, signal }));

/** Cancels a job after its current batch. */
export const cancelEnrichmentJob = (job_id: string) =>
  body(api.DELETE("/enrichments/{job_id}", { params: { path: { job_id } } }));
