import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

import { useLive } from "./store";

/** Reads everything again when the stream cannot go on from where it was; the first list then connects afresh. */
export function useRefreshAfterResync(): void {
  const queries = useQueryClient();
  const epoch = useLive((state) => state.epoch);
  const seen = useRef(epoch);
  useEffect(() => {
    if (seen.current === epoch) return;
    seen.current = epoch;
    void queries.invalidateQueries();
  }, [queries, epoch]);
}
