import { type QueryClient, useMutationState, useQueryClient } from "@tanstack/react-query";

import { enrichFinding } from "@/lib/api/findings";
import { live } from "@/lib/live/store";

export type EnrichmentState = "none" | "running" | "failed" | "enriched";

const keyOf = (id: number) => ["findings", "enrich", id];

/** Enriches a finding unless that is in progress; the result is merged like one of the stream, so that every list has it. */
export function startEnrichment(queries: QueryClient, id: number): void {
  const mutations = queries.getMutationCache();
  const running = mutations.find({ mutationKey: keyOf(id), exact: true, status: "pending" });
  if (running) return;
  const mutation = mutations.build(queries, {
    mutationKey: keyOf(id),
    mutationFn: () => enrichFinding(id),
    onSuccess: (finding) => {
      live.receive(finding);
      queries.setQueryData(["findings", "one", id], finding);
    },
  });
  // the error stays with the mutation, and is shown where the finding is
  mutation.execute(undefined).catch(() => undefined);
}

/** The state of a finding's enrichment; the same wherever the finding is shown. */
export function useEnrichment(finding: { id: number; risk_score?: number | null }) {
  const queries = useQueryClient();
  const last = useMutationState({
    filters: { mutationKey: keyOf(finding.id), exact: true },
    select: ({ state: { status, error } }) => ({ status, error }),
  }).at(-1);
  const settled: EnrichmentState = finding.risk_score == null ? "none" : "enriched";
  const state: EnrichmentState = last?.status === "pending" ? "running" : last?.status === "error" ? "failed" : settled;
  return { state, error: last?.error ?? null, enrich: () => startEnrichment(queries, finding.id) };
}
