import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { LoaderCircle, Sparkles } from "lucide-react";
import { useEffect } from "react";

import { Button } from "@/components/button";
import { cancelEnrichmentJob, enrichAllMissing, type EnrichmentJob, getEnrichmentJob } from "@/lib/api/enrichments";
import { ApiError } from "@/lib/api/errors";
import { compact, count, plural } from "@/lib/format";
import { toast } from "@/lib/toast";

import { currentJob } from "./current-job";

const POLL_MS = 700;

function ended(job: EnrichmentJob): boolean {
  return job.state === "done" || job.state === "cancelled";
}

function summaryOf(job: EnrichmentJob): string {
  const failed = job.failed > 0 ? `; ${plural(job.failed, "finding")} failed and can be retried` : "";
  if (job.state === "cancelled") return `Cancelled after ${plural(job.done, "finding")}${failed}.`;
  if (job.total === 0) return "All findings are already enriched.";
  return `Enriched ${plural(job.done, "finding")}${failed}.`;
}

/** Polls the running job until it ends. */
function useEnrichmentJob() {
  const id = currentJob.use();
  const queries = useQueryClient();
  const { data: job, error } = useQuery({
    queryKey: ["enrichments", id],
    queryFn: ({ signal }) => getEnrichmentJob(id ?? "", signal),
    enabled: id !== null,
    refetchInterval: ({ state }) => (state.data && ended(state.data) ? false : POLL_MS),
    gcTime: 0,
  });
  useEffect(() => {
    const gone = error instanceof ApiError && error.status === 404;
    if (!gone && !(job && job.id === id && ended(job))) return;
    currentJob.set(null);
    if (job && !gone) toast(summaryOf(job), job.failed > 0 ? "error" : "plain");
    void queries.invalidateQueries({ queryKey: ["findings"] });
    void queries.invalidateQueries({ queryKey: ["overview"] });
  }, [id, job, error, queries]);
  return { id, job: job?.id === id ? job : undefined };
}

/** Starts the job that enriches every finding without a score; its progress takes the button's place. */
export function EnrichAll({ unscored }: { unscored: number | undefined }) {
  const { id, job } = useEnrichmentJob();
  const start = useMutation({
    mutationFn: enrichAllMissing,
    onSuccess: (started) => currentJob.set(started.id),
    onError: (error) => toast(`The job did not start: ${error.message}`, "error"),
  });
  const cancel = useMutation({
    mutationFn: cancelEnrichmentJob,
    onError: (error) => toast(`The job was not cancelled: ${error.message}`, "error"),
  });

  if (id === null)
    return (
      <Button onClick={() => start.mutate()} disabled={start.isPending}>
        {start.isPending ? (
          <LoaderCircle aria-hidden className="animate-spin" />
        ) : (
          <Sparkles aria-hidden className="text-accent" />
        )}
        Enrich All with AI
        {unscored !== undefined && unscored > 0 && (
          <span className="tabular rounded-full bg-accent-tint px-1.5 text-2xs text-accent-strong">
            {compact(unscored)}
            <span className="sr-only"> to enrich</span>
          </span>
        )}
      </Button>
    );
  const stopping = cancel.isPending || (cancel.isSuccess && cancel.variables === id);
  return (
    <div className="flex h-8 items-center gap-3 rounded-md border border-line-strong bg-surface pr-1 pl-3">
      <label className="tabular flex items-center gap-2.5 text-xs whitespace-nowrap">
        <span>{progress(job)}</span>
        <progress
          aria-label="Enriching all findings"
          value={job?.total ? job.done + job.failed : undefined}
          max={job?.total || 1}
          className="progress h-1.5 w-24"
        />
      </label>
      <Button variant="quiet" size="sm" className="h-6" disabled={stopping} onClick={() => cancel.mutate(id)}>
        {stopping ? "Cancelling…" : "Cancel"}
      </Button>
    </div>
  );
}

function progress(job: EnrichmentJob | undefined): string {
  if (!job) return "Enriching…";
  if (job.state === "waiting") return "Queued behind another job";
  const failed = job.failed > 0 ? `, ${count(job.failed)} failed` : "";
  return `${count(job.done)} of ${count(job.total)} enriched${failed}`;
}
