import { Bot, CircleAlert, LoaderCircle, RotateCw, Sparkles } from "lucide-react";

import { Allowed } from "@/components/allowed";
import { Button } from "@/components/button";
import { cn } from "@/lib/class-names";

import { useEnrichment } from "./use-enrichment";

/** Whether a model wrote the explanation, or the product's own heuristic. */
export function isModelWritten(source: string | null | undefined): boolean {
  return source === "openai" || source === "cache";
}

/** The state of a finding's enrichment, and the button that starts it; `compact` shows the final state as an icon. */
export function EnrichmentStatus({
  finding,
  compact = false,
}: {
  finding: { id: number; risk_score?: number | null; ai_source?: string | null };
  compact?: boolean;
}) {
  const { state, error, enrich } = useEnrichment(finding);
  if (state === "running")
    return (
      <span role="status" className="inline-flex h-7 items-center gap-1.5 align-middle text-xs text-ink-2">
        <LoaderCircle aria-hidden className="size-3.5 animate-spin" />
        <span className={cn(compact && finding.risk_score != null && "sr-only")}>Enriching…</span>
      </span>
    );
  if (state === "failed")
    return (
      <span className="inline-flex items-center gap-1.5">
        <span title={error?.message} className="inline-flex items-center gap-1 text-xs text-critical-ink">
          <CircleAlert aria-hidden className="size-3.5" />
          <span className={cn(compact && finding.risk_score != null && "sr-only")}>Failed</span>
        </span>
        <Button size="sm" onClick={enrich} className={cn(compact && "px-1.5")}>
          <RotateCw aria-hidden className="size-3.5!" />
          <span className={cn(compact && finding.risk_score != null && "sr-only")}>Retry</span>
        </Button>
      </span>
    );
  if (state === "none")
    return (
      <Allowed scope="findings:enrich">
        <Button size="sm" onClick={enrich} className="print:hidden">
          <Sparkles aria-hidden className="size-3.5! text-accent" />
          Enrich with AI
        </Button>
      </Allowed>
    );
  const model = isModelWritten(finding.ai_source);
  const Icon = model ? Sparkles : Bot;
  const author = model ? "by a model" : "by heuristic";
  return (
    <span
      title={`Enriched ${author}`}
      className={cn(
        "inline-flex items-center gap-1.5 align-middle text-xs",
        model ? "text-accent-strong" : "text-ink-3",
      )}
    >
      <Icon aria-hidden className="size-3.5" />
      <span className={cn(compact && "sr-only")}>Enriched</span>
      <span className="sr-only">{author}</span>
    </span>
  );
}
