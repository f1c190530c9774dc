import type { Finding } from "@/lib/api/findings";

/** The fields that decide which of two states of a finding is newer. */
export interface Versioned {
  uid: string;
  version: number;
  ai_enriched_at?: string | null;
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
  const isAi = (field: string) => field in AI_FIELDS;
  const taken = Object.entries(incoming).filter(([field]) => (isAi(field) ? enriched : newer));
  return { ...known, ...Object.fromEntries(taken) };
}
