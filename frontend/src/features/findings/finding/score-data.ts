/** How a score came about, as the enricher keeps it. */
export interface ScoreData {
  /** The score by the product's own factors, the same whenever it is made. */
  deterministic_score?: number;
  factors: { name: string; points: number; reason: string }[];
  /** The score that a model asked for; it is held near the other one. */
  model_score?: number;
  drivers: string[];
  confidence?: string | number;
  model?: string;
  prompt_version?: string;
  fallback_reason?: string;
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
const number = (value: unknown) => (typeof value === "number" ? value : undefined);

/** Reads how a score came about; what is missing or of another form is left out. */
export function scoreData(data: Record<string, unknown> | null): ScoreData {
  const told = data ?? {};
  const factors = Array.isArray(told.factors) ? (told.factors as ScoreData["factors"]) : [];
  return {
    deterministic_score: number(told.deterministic_score),
    factors: factors.filter((factor) => typeof factor?.points === "number"),
    model_score: number(told.model_score),
    drivers: Array.isArray(told.drivers) ? told.drivers.map(String) : [],
    confidence: number(told.confidence) ?? text(told.confidence),
    model: text(told.model),
    prompt_version: text(told.prompt_version),
    fallback_reason: text(told.fallback_reason),
  };
}
