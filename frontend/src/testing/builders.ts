import type { EventDetails } from "@/lib/api/events";
import type { Finding, FindingFacets, FindingPage } from "@/lib/api/findings";
import type { DeadLetter, Pipeline } from "@/lib/api/pipeline";
import type { RuleDetails } from "@/lib/api/rules";
import type { Schema } from "@/lib/api/schema";
import type { User, UserActivity } from "@/lib/api/users";

export { anAccount } from "./an-account";

const AT = "2026-11-25T12:00:00Z";

/** Builds a finding, typed as in the API. */
export function aFinding(overrides: Partial<Finding> = {}): Finding {
  const id = overrides.id ?? 1;
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
    withdrawn: false,
    status: "open",
    status_reason: null,
    assignee: null,
    labels: [],
    notes: null,
    late_detections: 0,
    triage_version: 0,
    suppressed_by: null,
    risk_score: 92,
    ai_explanation: "The bucket is public.",
    ai_source: "heuristic",
    ai_version: 1,
    ai_data: null,
    ai_enriched_at: "2026-11-20T12:00:02Z",
    feedback: null,
    ...overrides,
  };
}

/** The fields that a finding without a score lacks. */
export const UNENRICHED = {
  risk_score: null,
  ai_explanation: null,
  ai_source: null,
  ai_version: null,
  ai_enriched_at: null,
} as const;

/** Builds a page of the list. */
export function aPage(items: Finding[], overrides: Partial<FindingPage> = {}): FindingPage {
  return { items, total: items.length, page: 1, page_size: 100, next: null, position: "1~1", ...overrides };
}

/** Builds facets without values. */
export function noFacets(overrides: Partial<FindingFacets> = {}): FindingFacets {
  const triage = { status: [], assignee: [], label: [], suppressed: [] };
  return { severity: [], rule: [], source: [], state: [], user: [], enriched: [], ...triage, ...overrides };
}

/** Builds the overview. */
export function anOverview(overrides: Partial<Schema<"Overview">> = {}): Schema<"Overview"> {
  return { unenriched: 3, events_per_second: 1.5, top_rules: [], top_users: [], position: "1~1", ...overrides };
}

/** Builds the summary. */
export function aSummary(overrides: Partial<Schema<"Summary">> = {}): Schema<"Summary"> {
  return {
    total_events: 40_000,
    total_findings: 70,
    withdrawn_findings: 0,
    suppressed_findings: 0,
    findings_by_severity: { low: 16, medium: 26, high: 17, critical: 11 },
    events_over_time: [{ date: "2026-11-20", count: 12 }],
    ...overrides,
  };
}

/** Builds a timeline. */
export function aTimeline(overrides: Partial<Schema<"Timeline">> = {}): Schema<"Timeline"> {
  return {
    interval: "minute",
    from: "2026-11-20T12:00:00Z",
    to: "2026-11-20T12:02:00Z",
    steps: [
      { start: "2026-11-20T12:00:00Z", events: 12, findings: 1 },
      { start: "2026-11-20T12:01:00Z", events: 0, findings: 0 },
    ],
    ...overrides,
  };
}

/** Builds an event. */
export function anEvent(overrides: Partial<Schema<"EventResponse">> = {}): Schema<"EventResponse"> {
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
    ...overrides,
  };
}

/** Builds a problem (RFC 9457). */
export function aProblem(
  status: number,
  detail: string,
): Pick<Schema<"ProblemResponse">, "title" | "status" | "detail" | "request_id"> {
  return { title: "Service Unavailable", status, detail, request_id: "5bbf062afc43470c9a911324b09c19fe" };
}

/** Builds an event with its rules and findings. */
export function eventDetails(overrides: Partial<EventDetails> = {}): EventDetails {
  return {
    ...anEvent(overrides),
    ingested_at: AT,
    matched_rules: [],
    findings: [],
    ...overrides,
  };
}

/** Builds a user in the list. */
export function aUser(overrides: Partial<User> = {}): User {
  return {
    user: "mona@example.com",
    events: 1200,
    findings: 3,
    severity: "high",
    risk_score: 82,
    first_seen: "2026-10-27T08:00:00Z",
    last_seen: AT,
    sources: ["my-app", "github.audit"],
    ...overrides,
  };
}

/** Builds the activity of a user. */
export function userActivity(overrides: Partial<UserActivity> = {}): UserActivity {
  return {
    ...aUser(),
    sources: [
      { value: "my-app", count: 1000 },
      { value: "github.audit", count: 200 },
    ],
    event_types: [
      { value: "login_success", count: 1100 },
      { value: "login_failed", count: 100 },
    ],
    findings_by_severity: { low: 0, medium: 2, high: 1, critical: 0 },
    activity_by_day: [
      { date: "2026-11-24", count: 30 },
      { date: "2026-11-25", count: 12 },
    ],
    activity_by_hour: [{ weekday: 2, hour: 12, count: 12 }],
    ...overrides,
  };
}

/** Builds a rule in full. */
export function aRule(overrides: Partial<RuleDetails> = {}): RuleDetails {
  return {
    rule_id: "00000000-0000-4000-8000-000000000900",
    rule_name: "login_failures",
    title: "Repeated failed logins",
    description: "{count} failed logins by {user} within {timespan}.",
    level: "medium",
    helper: false,
    status: "stable",
    family: "auth",
    pack: "built-in",
    active: true,
    tags: ["soc2.cc6.1", "attack.t1110"],
    controls: [
      { framework: "SOC 2", control: "CC6.1" },
      { framework: "ISO 27001", control: "A.8.5" },
    ],
    findings: 4,
    detections: 31,
    last_hit: AT,
    hits_per_day: [
      { date: "2026-11-24", count: 3 },
      { date: "2026-11-25", count: 1 },
    ],
    yaml: "title: Repeated failed logins\nlevel: medium\n",
    results: { pending: 0, standing: 0, withdrawn: 0 },
    users: null,
    runbook: "1. Look at the last day of the user's logins.",
    falsepositives: ["A password just changed"],
    summary: ["It counts detections of login_failed and holds at 5 or more within 10 minutes."],
    tests: [
      { name: "five in ten minutes", events: 5, fires: true, expect: [{ severity: "medium" }] },
      { name: "four is not enough", events: 4, fires: false, expect: [] },
    ],
    rule_version: "0123456789abcdef",
    loaded_at: AT,
    ...overrides,
  };
}

/** Builds the state of the pipeline. */
export function aPipeline(overrides: Partial<Pipeline> = {}): Pipeline {
  return {
    kafka: { reachable: true, reason: null },
    database: { reachable: true, reason: null },
    events_per_second: 214,
    lag: 7,
    groups: [
      {
        group: "rules-engine",
        topic: "events.raw",
        lag: 7,
        partitions: [
          { partition: 0, committed: 93, end: 100, lag: 7, worker: "worker-a" },
          { partition: 1, committed: null, end: 0, lag: 0, worker: null },
        ],
        workers: [{ id: "worker-a", host: "192.0.2.10", partitions: [0] }],
      },
    ],
    sources: [{ source: "my-app", events: 1000, last_event_at: AT, events_last_hour: 40, state: "active" }],
    dead_letters: { total: 1 },
    ...overrides,
  };
}

/** Builds a dead letter. */
export function aDeadLetter(overrides: Partial<DeadLetter> = {}): DeadLetter {
  return {
    partition: 0,
    offset: 4,
    at: AT,
    reason: "timestamp is missing",
    source: null,
    origin: { topic: "events.raw", partition: 2, offset: 17 },
    payload: '{"id": "evt-9"}',
    size: 15,
    state: "open",
    failures: 1,
    action: null,
    ...overrides,
  };
}
