import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { type Finding, getFinding } from "@/lib/api/findings";
import { join } from "@/lib/live/join";
import { useLive } from "@/lib/live/store";

/** A finding in its newest state; `known` is shown until it has loaded. */
export function useFinding(id: number | null, known?: Finding) {
  const query = useQuery({
    queryKey: ["findings", "one", id],
    queryFn: ({ signal }) => getFinding(id ?? 0, signal),
    enabled: id !== null,
  });
  const loaded = query.data ?? known;
  const received = useLive((state) => (loaded ? state.received.get(loaded.uid)?.finding : undefined));
  const finding = useMemo(() => (loaded && received ? join(loaded, received) : loaded), [loaded, received]);
  return { finding, error: query.error, refetch: query.refetch, isFetching: query.isFetching };
}
