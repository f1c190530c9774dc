import type { Finding } from "@/lib/api/findings";

/** The fields that decide which of two states of a finding is newer. */
export interface Versioned {
  uid: string;
  version: number;
  ai_enriched_at?: string | null;
  triage_version?: number;
}

/** The fields that the enricher writes; a new one is a type error here. */
const AI_FIELDS: Record<Extract<keyof Finding, `ai_${string}`> | "risk_score", true> = {
  risk_score: true,
  ai_explanation: true,
  ai_source: true,
  ai_version: true,
  ai_data: true,
  ai_enriched_at: true,
};

/** The fields that people's actions change; a new one belongs here. */
const TRIAGE_FIELDS = new Set<string>([
  "status_reason",
  "assignee",
  "labels",
  "notes",
  "triage_version",
] satisfies (keyof Finding)[]);

/** The fields that follow from detections and actions: those of whichever state is newer in either. */
const DERIVED_FIELDS = new Set<string>(["status", "late_detections"] satisfies (keyof Finding)[]);

const enrichedAt = (state: Versioned): number => (state.ai_enriched_at ? Date.parse(state.ai_enriched_at) : 0);

/**
 * Joins two states of a finding: the engine's fields from the higher version, the enricher's fields from the later
 * enrichment, the triage from the higher triage version. Commutative and idempotent. Returns `known` itself when nothing is newer, and keeps fields that `incoming`
 * does not have.
 */
export function join<T extends Versioned>(known: T, incoming: Versioned): T {
  const newer = incoming.version > known.version;
  const enriched = enrichedAt(incoming) > enrichedAt(known);
  const triaged = (incoming.triage_version ?? 0) > (known.triage_version ?? 0);
  if (!newer && !enriched && !triaged) return known;
  const isTaken = (field: string) => {
    if (field in AI_FIELDS) return enriched;
    if (TRIAGE_FIELDS.has(field)) return triaged;
    return DERIVED_FIELDS.has(field) ? newer || triaged : newer;
  };
  const taken = Object.entries(incoming).filter(([field]) => isTaken(field));
  return { ...known, ...Object.fromEntries(taken) };
}
