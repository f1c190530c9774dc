import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";

import { type FindingPage, getFindingFacets, getFindings } from "@/lib/api/findings";
import type { StreamFinding } from "@/lib/live/frames";
import { readLive } from "@/lib/live/read-live";
import type { Asked } from "@/lib/live/store";
import { useLiveList } from "@/lib/live/use-live-list";

import { type Filters, matches, toQuery } from "./filters";
import { comesBefore, type FindingOrder } from "./ordering";

const PAGE_SIZE = 100;
const FACETS_EVERY_MS = 30_000;

interface ReadPage extends FindingPage {
  asked: Asked;
}

interface ReadPages {
  pages: ReadPage[];
  pageParams: (string | undefined)[];
}

function readPage(filters: Filters, order: FindingOrder, before?: string, signal?: AbortSignal): Promise<ReadPage> {
  return readLive(() =>
    getFindings({ ...toQuery(filters, Date.now()), ...order, page_size: PAGE_SIZE, before }, signal),
  );
}

/** The findings that match, as far as they were scrolled through, kept up to date by the stream. */
export function useFindings(filters: Filters, order: FindingOrder) {
  const queries = useQueryClient();
  const queryKey = useMemo(() => ["findings", "list", filters, order], [filters, order]);
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => readPage(filters, order, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    // the stream keeps it fresh; after a resync it is read again
    staleTime: Infinity,
  });

  const pages = list.data?.pages;
  const read = useMemo(() => unique(pages?.flatMap((page) => page.items) ?? []), [pages]);
  const last = list.hasNextPage ? read.at(-1) : undefined;
  const belongs = useCallback(
    (finding: StreamFinding) =>
      matches(filters, finding, Date.now()) && (last === undefined || comesBefore(finding, last, order)),
    [filters, order, last],
  );
  const upToDate = useLiveList(read, pages?.[0]?.asked.mark ?? 0, belongs);

  /** Reads the list's beginning anew; what lies behind is read again when it is scrolled to. */
  const refresh = useCallback(async () => {
    const first = await readPage(filters, order);
    queries.setQueryData<ReadPages>(queryKey, { pages: [first], pageParams: [undefined] });
    void queries.invalidateQueries({ queryKey: ["findings", "facets"] });
    return first;
  }, [queries, queryKey, filters, order]);

  return { ...upToDate, list, total: pages?.[0]?.total, refresh };
}

/** Counts the findings by each facet. */
export function useFindingFacets(filters: Filters) {
  return useQuery({
    queryKey: ["findings", "facets", filters],
    queryFn: ({ signal }) => getFindingFacets(toQuery(filters, Date.now()), signal),
    placeholderData: keepPreviousData,
    refetchInterval: FACETS_EVERY_MS,
  });
}

/** A finding that moved while the pages were read may be on two of them. */
function unique<T extends { uid: string }>(items: T[]): T[] {
  return [...new Map(items.map((item) => [item.uid, item])).values()];
}
