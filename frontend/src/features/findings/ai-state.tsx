import { Bot, CircleAlert, LoaderCircle, RotateCw, Sparkles } from "lucide-react";

import { Button } from "@/components/button";
import { cn } from "@/lib/class-names";

import { useEnrichment } from "./use-enrichment";

/** Whether a model wrote an explanation, or the product's own rules of thumb. */
export function byModel(source: string | null | undefined): boolean {
  return source === "openai" || source === "cache";
}

/** Where a finding's enrichment stands, and the button that starts it. */
export function AiState({
  finding,
}: {
  finding: { id: number; risk_score?: number | null; ai_source?: string | null };
}) {
  const { state, error, enrich } = useEnrichment(finding);
  if (state === "running")
    return (
      <span role="status" className="inline-flex h-7 items-center gap-1.5 align-middle text-xs text-ink-2">
        <LoaderCircle aria-hidden className="size-3.5 animate-spin" />
        Enriching…
      </span>
    );
  if (state === "failed")
    return (
      <span className="inline-flex items-center gap-1.5">
        <span title={error?.message} className="inline-flex items-center gap-1 text-xs text-critical-ink">
          <CircleAlert aria-hidden className="size-3.5" />
          Failed
        </span>
        <Button size="sm" onClick={enrich}>
          <RotateCw aria-hidden className="size-3.5!" />
          Retry
        </Button>
      </span>
    );
  if (state === "none")
    return (
      <Button size="sm" onClick={enrich}>
        <Sparkles aria-hidden className="size-3.5! text-accent" />
        Enrich with AI
      </Button>
    );
  const model = byModel(finding.ai_source);
  const Icon = model ? Sparkles : Bot;
  return (
    <span
      className={cn(
        "inline-flex items-center gap-1.5 align-middle text-xs",
        model ? "text-accent-strong" : "text-ink-2",
      )}
    >
      <Icon aria-hidden className="size-3.5" />
      Enriched
      <span className="sr-only">{model ? "by a model" : "by heuristic"}</span>
    </span>
  );
}
