import type { Finding } from "@/lib/api/findings";

/** The evidence of one detection of a finding; see the docs on findings. */
export interface Detection {
  event_uid: string;
  at: string;
  source: string;
  event_type: string;
  user: string | null;
  facts: Record<string, unknown>;
  /** The count of a correlation, and its window. */
  count?: number;
  window?: { from: string; to: string };
  /** What a recomputed rule is about: a new value, or what was measured in a window. */
  value?: string;
  /** The last events that completed it. */
  completed_by?: { at: string; event_uid: string }[];
}

export interface DecidingEvent extends Pick<Detection, "event_uid" | "at" | "source" | "event_type" | "user"> {
  /** Why the rule no longer holds, where it is not one event that decides but the counts of many. */
  reason?: string;
}

export interface Evidence {
  earliest: Detection;
  latest: Detection;
}

function isDetection(value: unknown): value is Detection {
  return typeof value === "object" && value !== null && "event_uid" in value && "at" in value && "facts" in value;
}

/** The evidence in a finding's extra data; null where it has no known form. */
export function evidenceOf(extra_data: Record<string, unknown>): Evidence | null {
  const { earliest, latest } = extra_data;
  return isDetection(earliest) && isDetection(latest) ? { earliest, latest } : null;
}

/** The event by which later evidence withdrew a finding; null where it stands. */
export function withdrawnBy(finding: Pick<Finding, "withdrawn" | "extra_data">): DecidingEvent | null {
  const { withdrawn_by } = finding.extra_data;
  return finding.withdrawn && isDeciding(withdrawn_by) ? withdrawn_by : null;
}

/** Whether the finding is of a rule whose results later events can take back: it has a window and counts nothing. */
export function isRecomputed(finding: Pick<Finding, "extra_data">): boolean {
  const latest = evidenceOf(finding.extra_data)?.latest;
  return latest?.window !== undefined && latest.count === undefined;
}

function isDeciding(value: unknown): value is DecidingEvent {
  return typeof value === "object" && value !== null && "event_uid" in value && "at" in value && "event_type" in value;
}

/** The facts with scalar values, by name. */
export function plainFacts(facts: Record<string, unknown>): [name: string, value: string][] {
  return Object.entries(facts).flatMap(([name, value]): [string, string][] => {
    if (value === null || value === undefined || value === "") return [];
    if (Array.isArray(value)) return value.length > 0 ? [[name, value.map(String).join(", ")]] : [];
    return typeof value === "object" ? [] : [[name, String(value)]];
  });
}
