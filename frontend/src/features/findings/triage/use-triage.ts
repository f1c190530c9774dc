import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { ApiError } from "@/lib/api/errors";
import { type Finding, getFinding } from "@/lib/api/findings";
import { actOnFinding, type FindingAction, getFindingTimeline } from "@/lib/api/triage";
import { live } from "@/lib/live/store";
import { isClosed, type Status } from "@/lib/status";

/** The timeline of a finding; it is read again when the finding changes. */
export function useTimeline({ id, version, triage_version, ai_enriched_at }: Finding) {
  return useQuery({
    queryKey: ["findings", "timeline", id, version, triage_version, ai_enriched_at],
    queryFn: ({ signal }) => getFindingTimeline(id, signal),
    placeholderData: (before) => (before?.finding_id === id ? before : undefined),
  });
}

/** Who changed a finding meanwhile, and when. */
export interface Conflict {
  by: string;
  at: string;
}

/** The conflict that an error reports, if it is one. */
export function conflictOf(error: unknown): Conflict | null {
  if (!(error instanceof ApiError) || error.status !== 412) return null;
  const { changed_by: by, changed_at: at } = error.problem;
  return by !== undefined && at !== undefined ? { by, at } : null;
}

/** Acts on a finding as it is shown. If another person was faster, nothing changes and the finding is read again. */
export function useAct() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ finding, action }: { finding: Finding; action: FindingAction }) =>
      actOnFinding(finding.id, seen(action, finding), finding.triage_version),
    onSuccess: (updated) => take(queries, updated),
    onError: async (error, { finding }) => {
      if (conflictOf(error)) take(queries, await getFinding(finding.id).catch(() => finding));
    },
  });
}

/** A closing covers the detections that were shown: a later one reopens the finding. */
const seen = (action: FindingAction, finding: Finding): FindingAction =>
  action.kind === "status" && isClosed(action.value as Status) ? { ...action, seen_until: finding.last_seen } : action;

/** Merges a finding like one of the stream, so that every list has it. */
function take(queries: QueryClient, finding: Finding): void {
  live.receive(finding);
  queries.setQueryData(["findings", "one", finding.id], finding);
}
