/** What two states of one finding are compared by. */
export interface Versioned {
  uid: string;
  version: number;
  ai_enriched_at?: string | null;
}

const AI_FIELDS = ["risk_score", "ai_explanation", "ai_source", "ai_version", "ai_data", "ai_enriched_at"];

const enrichedAt = (state: Versioned): number => (state.ai_enriched_at ? Date.parse(state.ai_enriched_at) : 0);

/**
 * Joins what is known of a finding with what came in: what the rules say from the higher version, what the enricher says
 * from the later enrichment. The order and the number of times they come in do not matter; `known` itself is given back
 * when nothing is new, and fields that `came` does not have are kept.
 */
export function join<T extends Versioned>(known: T, came: Versioned): T {
  const newer = came.version > known.version;
  const enriched = enrichedAt(came) > enrichedAt(known);
  if (!newer && !enriched) return known;
  const isAi = (field: string) => AI_FIELDS.includes(field);
  const taken = Object.entries(came).filter(([field]) => (isAi(field) ? enriched : newer));
  return { ...known, ...Object.fromEntries(taken) };
}
