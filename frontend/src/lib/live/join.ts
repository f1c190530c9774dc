/** The fields that decide which of two states of a finding is newer. */
export interface Versioned {
  uid: string;
  version: number;
  ai_enriched_at?: string | null;
}

const AI_FIELDS = ["risk_score", "ai_explanation", "ai_source", "ai_version", "ai_data", "ai_enriched_at"];

const enrichedAt = (state: Versioned): number => (state.ai_enriched_at ? Date.parse(state.ai_enriched_at) : 0);

/**
 * Joins two states of a finding: the engine's fields from the higher version, the enricher's fields from the later
 * enrichment. Commutative and idempotent. Returns `known` itself when nothing is newer, and keeps fields that `incoming`
 * does not have.
 */
export function join<T extends Versioned>(known: T, incoming: Versioned): T {
  const newer = incoming.version > known.version;
  const enriched = enrichedAt(incoming) > enrichedAt(known);
  if (!newer && !enriched) return known;
  const isAi = (field: string) => AI_FIELDS.includes(field);
  const taken = Object.entries(incoming).filter(([field]) => (isAi(field) ? enriched : newer));
  return { ...known, ...Object.fromEntries(taken) };
}
