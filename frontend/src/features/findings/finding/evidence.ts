/** What a rule kept about one detection of a finding; see the docs on findings for its meaning. */
export interface Detection {
  event_uid: string;
  at: string;
  source: string;
  event_type: string;
  user: string | null;
  facts: Record<string, unknown>;
  /** What a correlation counted when it fired, and in which window. */
  count?: number;
  window?: { from: string; to: string };
  /** The events that completed it, the last ones of many. */
  completed_by?: { at: string; event_uid: string }[];
}

export interface Evidence {
  earliest: Detection;
  latest: Detection;
}

function isDetection(value: unknown): value is Detection {
  return typeof value === "object" && value !== null && "event_uid" in value && "at" in value && "facts" in value;
}

/** Reads the evidence out of a finding's extra data; null where there is none of the form we know. */
export function evidenceOf(extra_data: Record<string, unknown>): Evidence | null {
  const { earliest, latest } = extra_data;
  return isDetection(earliest) && isDetection(latest) ? { earliest, latest } : null;
}

/** The facts worth a line: those with a plain value, by name. */
export function plainFacts(facts: Record<string, unknown>): [name: string, value: string][] {
  return Object.entries(facts).flatMap(([name, value]): [string, string][] => {
    if (value === null || value === undefined || value === "") return [];
    if (Array.isArray(value)) return value.length > 0 ? [[name, value.map(String).join(", ")]] : [];
    return typeof value === "object" ? [] : [[name, String(value)]];
  });
}
