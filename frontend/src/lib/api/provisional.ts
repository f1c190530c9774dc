import type { components, paths as served } from "./schema.gen";

/** What the API is agreed to serve and does not describe yet; this file goes when openapi.json has it. */
type S = components["schemas"];
type Severity = S["Severity"];

interface Get<Query, Answer, Path = never> {
  get: {
    parameters: { query?: Query; path: Path; header?: never; cookie?: never };
    requestBody?: never;
    responses: { 200: { headers: Record<string, unknown>; content: { "application/json": Answer } } };
  };
  parameters: { query?: never; header?: never; path?: never; cookie?: never };
}

export interface FindingQuery {
  page?: number;
  page_size?: number;
  before?: string;
  severity?: Severity[];
  rule?: string[];
  source?: string[];
  user?: string;
  risk_min?: number;
  enriched?: boolean;
  q?: string;
  from_date?: string;
  to_date?: string;
  from_timestamp?: string;
  to_timestamp?: string;
  sort?: "first_seen" | "last_seen" | "risk_score" | "severity" | "detection_count";
  order?: "asc" | "desc";
  format?: "json" | "csv" | "ndjson";
}

export type Finding = S["Finding"] & { source: string | null };
export interface FindingPage {
  items: Finding[];
  total: number;
  page: number;
  page_size: number;
  next: string | null;
  position: string | null;
}
interface Facet {
  value: string;
  count: number;
}
export interface FindingFacets {
  severity: Facet[];
  rule: (Facet & { title: string })[];
  source: Facet[];
  user: Facet[];
  enriched: Facet[];
}
export interface RankedRule {
  rule_name: string;
  title: string;
  severity: Severity;
  findings: number;
  risk_score: number | null;
}
export interface RankedUser {
  user: string;
  findings: number;
  risk_score: number | null;
  severity: Severity;
}
export interface Overview {
  unenriched: number;
  events_per_second: number;
  top_rules: RankedRule[];
  top_users: RankedUser[];
  position: string | null;
}
export interface StreamFinding {
  uid: string;
  version: number;
  ai_enriched_at?: string | null;
}
export interface StreamSummary {
  total_events: number;
  total_findings: number;
  findings_by_severity: S["SeverityCounts"];
  unenriched: number;
  events_per_second: number;
}
export interface RuleDetail {
  rule_id: string;
  rule_name: string;
  title: string;
  description: string;
  level: Severity;
  controls: { framework: string; control: string }[];
  runbook: string | null;
  looks_for: string[];
  falsepositives: string[];
}

interface Provisional {
  "/findings": Get<FindingQuery, FindingPage>;
  "/findings/facets": Get<FindingQuery, FindingFacets>;
  "/findings/{finding_id}": Get<never, Finding, { finding_id: number }>;
  "/findings/{finding_id}/events": Get<
    { limit?: number },
    { items: S["Event"][]; total: number },
    { finding_id: number }
  >;
  "/stats/summary": Get<{ from?: string; to?: string; interval?: "day" | "hour" }, S["Summary"]>;
  "/stats/overview": Get<{ from?: string; to?: string }, Overview>;
  "/rules/{rule}": Get<never, RuleDetail, { rule: string }>;
}

export type paths = Omit<served, keyof Provisional> & Provisional;
