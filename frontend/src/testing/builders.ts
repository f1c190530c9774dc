import type { Finding, FindingFacets, FindingPage } from "@/lib/api/findings";
import type { Schema } from "@/lib/api/schema";

/** Builds a finding, typed as the API gives it. */
export function aFinding(with_: Partial<Finding> = {}): Finding {
  const id = with_.id ?? 1;
  return {
    id,
    uid: `00000000-0000-4000-8000-${String(id).padStart(12, "0")}`,
    version: 1,
    rule_id: "6f0d2c1e-0000-4000-8000-000000000001",
    rule_name: "bucket_made_public",
    rule_version: "abc123",
    title: "Public storage bucket",
    description: "The bucket exports is public since mona@example.com changed it.",
    severity: "critical",
    user: "mona@example.com",
    group: { user: "mona@example.com" },
    first_seen: "2026-11-20T12:00:00Z",
    last_seen: "2026-11-20T12:00:00Z",
    detection_count: 1,
    event_id: 11,
    event_uid: "00000000-0000-4000-8000-0000000000e1",
    source: "my-app",
    created_at: "2026-11-20T12:00:01Z",
    tags: [],
    extra_data: {},
    status: "open",
    assignee: null,
    notes: null,
    risk_score: 92,
    ai_explanation: "The bucket is public.",
    ai_source: "heuristic",
    ai_version: 1,
    ai_data: null,
    ai_enriched_at: "2026-11-20T12:00:02Z",
    feedback: null,
    ...with_,
  };
}

/** The parts of a finding that a finding without a score lacks. */
export const UNENRICHED = {
  risk_score: null,
  ai_explanation: null,
  ai_source: null,
  ai_version: null,
  ai_enriched_at: null,
} as const;

/** Builds a page of the list. */
export function aPage(items: Finding[], with_: Partial<FindingPage> = {}): FindingPage {
  return { items, total: items.length, page: 1, page_size: 100, next: null, position: "1~1", ...with_ };
}

/** Builds facets without values. */
export function noFacets(with_: Partial<FindingFacets> = {}): FindingFacets {
  return { severity: [], rule: [], source: [], user: [], enriched: [], ...with_ };
}

/** Builds what the API says of the overview. */
export function anOverview(with_: Partial<Schema<"Overview">> = {}): Schema<"Overview"> {
  return { unenriched: 3, events_per_second: 1.5, top_rules: [], top_users: [], position: "1~1", ...with_ };
}

/** Builds the summary. */
export function aSummary(with_: Partial<Schema<"Summary">> = {}): Schema<"Summary"> {
  return {
    total_events: 40_000,
    total_findings: 70,
    findings_by_severity: { low: 16, medium: 26, high: 17, critical: 11 },
    events_over_time: [{ date: "2026-11-20", count: 12 }],
    ...with_,
  };
}

/** Builds an event. */
export function anEvent(with_: Partial<Schema<"Event">> = {}): Schema<"Event"> {
  return {
    id: 11,
    event_uid: "00000000-0000-4000-8000-0000000000e1",
    source: "my-app",
    source_event_id: "evt-1",
    event_type: "storage_bucket_permission_changed",
    user: "mona@example.com",
    timestamp: "2026-11-20T12:00:00Z",
    raw_data: { bucket: "exports", visibility: "public" },
    attributes: null,
    processed: true,
    ...with_,
  };
}

/** Builds what is told of a problem. */
export function aProblem(
  status: number,
  detail: string,
): Pick<Schema<"Problem">, "title" | "status" | "detail" | "request_id"> {
  return { title: "Service Unavailable", status, detail, request_id: "5bbf062afc43470c9a911324b09c19fe" };
}
