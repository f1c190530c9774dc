/** How a score was computed, as stored by the enricher. */
export interface ScoreData {
  /** The score of the product's own factors, which is deterministic. */
  deterministic_score?: number;
  factors: { name: string; points: number; reason: string }[];
  /** The score proposed by a model; the final score stays close to the deterministic one. */
  model_score?: number;
  drivers: string[];
  confidence?: string | number;
  model?: string;
  prompt_version?: string;
  fallback_reason?: string;
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
const number = (value: unknown) => (typeof value === "number" ? value : undefined);

/** Parses how a score was computed; malformed parts are left out. */
export function scoreData(data: Record<string, unknown> | null): ScoreData {
  const parsed = data ?? {};
  const factors = Array.isArray(parsed.factors) ? (parsed.factors as ScoreData["factors"]) : [];
  return {
    deterministic_score: number(parsed.deterministic_score),
    factors: factors.filter((factor) => typeof factor?.points === "number"),
    model_score: number(parsed.model_score),
    drivers: Array.isArray(parsed.drivers) ? parsed.drivers.map(String) : [],
    confidence: number(parsed.confidence) ?? text(parsed.confidence),
    model: text(parsed.model),
    prompt_version: text(parsed.prompt_version),
    fallback_reason: text(parsed.fallback_reason),
  };
}
