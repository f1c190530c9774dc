import { cn } from "@/lib/class-names";

/** The severity colour that a score corresponds to. */
export function riskTone(score: number): "critical" | "high" | "medium" | "low" {
  if (score >= 85) return "critical";
  if (score >= 60) return "high";
  return score >= 35 ? "medium" : "low";
}

const FILL = { critical: "bg-critical", high: "bg-high", medium: "bg-medium", low: "bg-low" };

/** A risk score from 0 to 100 with a bar; a dash while there is none. */
export function RiskScore({ score, className }: { score: number | null; className?: string }) {
  return (
    <span className={cn("tabular inline-flex items-center gap-2 align-middle", className)}>
      <span className={cn("w-6 text-right font-medium", score === null && "text-ink-3")}>{score ?? "–"}</span>
      <span aria-hidden className="h-1.5 w-12 overflow-hidden rounded-full bg-line">
        {score !== null && (
          <span className={cn("block h-full rounded-full", FILL[riskTone(score)])} style={{ width: `${score}%` }} />
        )}
      </span>
      {score === null && <span className="sr-only">not scored</span>}
    </span>
  );
}
