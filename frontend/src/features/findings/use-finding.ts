import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { type Finding, getFinding } from "@/lib/api/findings";
import { join } from "@/lib/live/join";
import { useLive } from "@/lib/live/store";

/** A finding in its newest state; `known` is shown until it is read whole. */
export function useFinding(id: number | null, known?: Finding) {
  const read = useQuery({
    queryKey: ["findings", "one", id],
    queryFn: ({ signal }) => getFinding(id ?? 0, signal),
    enabled: id !== null,
  });
  const found = read.data ?? known;
  const told = useLive((state) => (found ? state.told.get(found.uid)?.finding : undefined));
  const finding = useMemo(() => (found && told ? join(found, told) : found), [found, told]);
  return { finding, error: read.error, refetch: read.refetch, isFetching: read.isFetching };
}
