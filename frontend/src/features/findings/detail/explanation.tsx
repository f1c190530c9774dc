import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Bot, LoaderCircle, RefreshCw, Sparkles, ThumbsDown, ThumbsUp } from "lucide-react";
import { useState } from "react";

import { Allowed } from "@/components/allowed";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Timestamp } from "@/components/timestamp";
import { ApiError } from "@/lib/api/errors";
import { type Finding, giveFeedback } from "@/lib/api/findings";
import { cn } from "@/lib/class-names";
import { toast } from "@/lib/toast";

import { EnrichmentStatus, isModelWritten } from "../enrichment/enrichment-status";
import { useEnrichment } from "../enrichment/use-enrichment";
import { passages, withoutRepeats } from "./prose";
import { scoreData } from "./score-data";
import { Section } from "./section";

/** The explanation: what happened, why it matters, what to check first; with its author and feedback. */
export function Explanation({ finding, runbook }: { finding: Finding; runbook: string | undefined }) {
  const { state, error, enrich } = useEnrichment(finding);
  const running = state === "running";
  if (finding.ai_explanation === null)
    return (
      <Section className="order-1" title="Explanation">
        <p className="mb-3 text-ink-2">Not analyzed yet</p>
        <EnrichmentStatus finding={finding} />
        {error && <Failure error={error} />}
      </Section>
    );
  return (
    <Section
      className="order-1"
      title="Explanation"
      aside={
        <Allowed scope="findings:enrich">
          <Button variant="quiet" size="sm" onClick={enrich} disabled={running} className="print:hidden">
            {running ? <LoaderCircle aria-hidden className="animate-spin" /> : <RefreshCw aria-hidden />}
            {running ? "Enriching…" : "Regenerate"}
          </Button>
        </Allowed>
      }
    >
      <div className="max-w-[68ch] space-y-2.5 text-base">
        {withoutRepeats(passages(finding.ai_explanation), finding, runbook).map(({ lead, text, steps }, index) => (
          <div key={index}>
            {lead && <h3 className="mb-0.5 text-xs font-semibold text-ink-2">{lead}</h3>}
            {text && <p>{text}</p>}
            {steps.length > 0 && (
              <ol className="list-decimal space-y-1 pl-5 marker:text-ink-3">
                {steps.map((step) => (
                  <li key={step}>{step}</li>
                ))}
              </ol>
            )}
          </div>
        ))}
      </div>
      <Author finding={finding} />
      {error && <Failure error={error} />}
      <Allowed scope="findings:feedback">
        <Feedback finding={finding} />
      </Allowed>
    </Section>
  );
}

function Author({ finding }: { finding: Finding }) {
  const { model, fallback_reason } = scoreData(finding.ai_data);
  const byModel = isModelWritten(finding.ai_source);
  const outdated = finding.ai_version !== null && finding.ai_version < finding.version;
  return (
    <p className="mt-3 flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-ink-2">
      {byModel ? (
        <Badge tone="accent">
          <Sparkles aria-hidden />
          Written by AI
        </Badge>
      ) : (
        <Badge>
          <Bot aria-hidden />
          Heuristic
        </Badge>
      )}
      {byModel && model && <span>{model}</span>}
      {finding.ai_source === "fallback" && (
        <span>
          instead of {model ?? "the model"}
          {fallback_reason && ` (${fallback_reason})`}
        </span>
      )}
      {finding.ai_enriched_at && <Timestamp time={finding.ai_enriched_at} className="tabular" />}
      {outdated && <Badge tone="medium">Outdated</Badge>}
    </p>
  );
}

function Failure({ error }: { error: Error }) {
  return (
    <p role="alert" className="mt-2 text-critical-ink">
      {error.message}
      {error instanceof ApiError && error.requestId && ` Request ${error.requestId}.`}
    </p>
  );
}

const VERDICTS = [
  { verdict: "helpful", title: "Helpful", icon: ThumbsUp },
  { verdict: "wrong", title: "Wrong", icon: ThumbsDown },
] as const;

function Feedback({ finding }: { finding: Finding }) {
  const queries = useQueryClient();
  const [comment, setComment] = useState<string | null>(null);
  const give = useMutation({
    mutationFn: ({ verdict, comment }: { verdict: "helpful" | "wrong"; comment: string | null }) =>
      giveFeedback(finding.id, verdict, comment),
    onSuccess: (updated, { comment }) => {
      queries.setQueryData(["findings", "one", finding.id], updated);
      if (comment !== null) setComment(null);
    },
    onError: (error) => toast(`Your feedback was not saved: ${error.message}`, "error"),
  });
  const given = give.isPending ? give.variables.verdict : finding.feedback?.verdict;
  return (
    <div className="mt-3 print:hidden">
      <div role="group" aria-label="Was the explanation helpful?" className="flex flex-wrap items-center gap-1.5">
        <span className="mr-1 text-xs text-ink-2">Was this helpful?</span>
        {VERDICTS.map(({ verdict, title, icon: Icon }) => (
          <Button
            key={verdict}
            size="sm"
            aria-pressed={given === verdict}
            disabled={give.isPending}
            onClick={() => {
              give.mutate({ verdict, comment: null });
              setComment(verdict === "wrong" ? "" : null);
            }}
            className={cn(given === verdict && "border-accent bg-accent-tint text-accent-strong")}
          >
            <Icon aria-hidden className="size-3.5!" />
            {title}
          </Button>
        ))}
        {finding.feedback?.comment && <q className="text-xs text-ink-2">{finding.feedback.comment}</q>}
      </div>
      {comment !== null && finding.feedback?.verdict === "wrong" && (
        <form
          className="mt-2 flex gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            give.mutate({ verdict: "wrong", comment: comment.trim() || null });
          }}
        >
          <input
            aria-label="What is wrong"
            placeholder="What is wrong? (optional)"
            maxLength={2000}
            value={comment}
            onChange={(event) => setComment(event.target.value)}
            className="h-8 min-w-0 flex-1 rounded-md border border-line-strong bg-surface px-2.5 placeholder:text-ink-3"
          />
          <Button type="submit" disabled={comment.trim() === "" || give.isPending}>
            Send
          </Button>
        </form>
      )}
    </div>
  );
}
