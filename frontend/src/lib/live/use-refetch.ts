import { type Query, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { useLive } from "./store";

/**
 * Refetches after an outage: every query once the stream has recovered, and those that failed once the stream starts, at
 * once instead of whenever their own retries end. After a resync the first list also restarts the stream.
 */
export function useRefetchAfterOutage(): void {
  const queries = useQueryClient();
  const outages = useLive((state) => state.epoch + state.recoveries);
  const live = useLive((state) => state.status === "live");
  const handled = useRef(outages);
  useEffect(() => {
    const recovered = handled.current !== outages;
    handled.current = outages;
    if (!recovered && !live) return;
    const predicate = (query: Query) => recovered || hasFailed(query);
    // a retry that waits for its backoff is replaced by a fetch that begins now
    void queries.cancelQueries({ predicate: hasFailed }).then(() => queries.invalidateQueries({ predicate }));
  }, [queries, outages, live]);
}

/** Refetches everything when an exception begins to suppress findings, or no longer does: no finding changes by it. */
export function useRefetchAfterExceptions(): void {
  const queries = useQueryClient();
  const active = useLive((state) => state.summary?.active_exceptions?.join());
  const handled = useRef(active);
  useEffect(() => {
    const before = handled.current;
    handled.current = active;
    if (before !== undefined && before !== active) void queries.invalidateQueries();
  }, [queries, active]);
}

function hasFailed({ state }: Query): boolean {
  return state.status === "error" || state.fetchFailureCount > 0;
}
