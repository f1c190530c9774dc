import { api, body } from "./client";
import type { QueryOf, Schema } from "./schema";

export type Finding = Schema<"FindingResponse">;
export type ConditionPart = Schema<"ConditionPart">;
export type FindingPage = Schema<"FindingPage">;
export type FindingFacets = Schema<"FindingFacets">;
export type FindingQuery = QueryOf<"/findings">;
export type FindingFilter = QueryOf<"/findings/facets">;

/** Reads a page of the matching findings. */
export const getFindings = (query: Omit<FindingQuery, "format">, signal?: AbortSignal) =>
  // the default format is JSON
  body(api.GET("/findings", { params: { query }, signal })) as Promise<FindingPage>;

/** The URL that downloads the matching findings. */
export function findingsFile(filter: FindingFilter, format: "csv" | "ndjson"): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...filter, format }))
    for (const each of Array.isArray(value) ? value : [value]) if (each != null) query.append(name, String(each));
  return `/findings?${query}`;
}

/** Counts the findings by each facet, under every filter except the facet's own. */
export const getFindingFacets = (query: FindingFilter, signal?: AbortSignal) =>
  body(api.GET("/findings/facets", { params: { query }, signal }));

/** Reads a finding. */
export const getFinding = (finding_id: number, signal?: AbortSignal) =>
  body(api.GET("/findings/{finding_id}", { params: { path: { finding_id } }, signal }));

/** Reads when a finding stood and was withdrawn, first change first. */
export const getFindingHistory = (finding_id: number, signal?: AbortSignal) =>
  body(api.GET("/findings/{finding_id}/history", { params: { path: { finding_id } }, signal }));

/** Reads the first hundred events of a finding, oldest first. */
export const getFindingEvents = (finding_id: number, signal?: AbortSignal) =>
  body(api.GET("/findings/{finding_id}/events", { params: { path: { finding_id }, query: { limit: 100 } }, signal }));

/** Explains why a finding was raised: the conditions that its latest event met. */
export const getFindingConditions = (finding_id: number, signal?: AbortSignal) =>
  body(api.GET("/findings/{finding_id}/conditions", { params: { path: { finding_id } }, signal }));

/** Scores and explains a finding again; the response takes up to about ten seconds. */
export const enrichFinding = (finding_id: number) =>
  body(api.POST("/findings/{finding_id}/enrich_with_ai", { params: { path: { finding_id } } }));

/** Rates a finding's explanation; it replaces an earlier rating. */
export const giveFeedback = (finding_id: number, verdict: "helpful" | "wrong", comment: string | null = null) =>
  body(api.PUT("/findings/{finding_id}/feedback", { params: { path: { finding_id } }, body: { verdict, comment } }));
