import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";

import { type Finding, type FindingPage, getFindingFacets, getFindings } from "@/lib/api/findings";
import type { StreamFinding } from "@/lib/live/frames";
import { readLive } from "@/lib/live/read-live";
import type { Asked } from "@/lib/live/store";
import { type News, useLiveList } from "@/lib/live/use-live-list";

import { type Filters, matches, toQuery } from "./filters";
import { type FindingOrder, isBefore, mergeInOrder, placeOf } from "./ordering";

const PAGE_SIZE = 100;
/** Findings that came in and are shown beside the pages read, before those are read again. */
const MOST_BESIDE = 500;
const FACETS_EVERY_MS = 10_000;

/** What of the stream the list may show; see {@link useFollowing}. */
export interface Following {
  news: News;
  now: News;
  upTo: number;
}

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
export function useFindings(filters: Filters, order: FindingOrder, following: Following) {
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
  const end = useMemo(() => {
    const last = list.hasNextPage ? read.at(-1) : undefined;
    return last && placeOf(last, order);
  }, [list.hasNextPage, read, order]);
  // what lies behind the pages read so far comes with the pages to come
  const belongs = useCallback(
    (finding: StreamFinding) =>
      matches(filters, finding, Date.now()) && (end === undefined || isBefore(placeOf(finding, order), end)),
    [filters, order, end],
  );
  const readAt = pages?.[0]?.asked.mark ?? 0;
  const { news, now, upTo } = following;
  const { items, fresh, changed, stale } = useLiveList(read, readAt, belongs, news);
  const all = useLiveList(read, readAt, belongs, now).fresh;
  const waiting = all.filter(({ since }) => since > upTo).length;
  const shown = useMemo(() => fresh.filter(({ since }) => since <= upTo), [fresh, upTo]);
  const rows = useMemo(
    () =>
      mergeInOrder(
        items,
        shown.map(({ finding }) => whole(finding)),
        order,
      ),
    [items, shown, order],
  );
  const arrivals = useMemo(() => new Map(shown.map(({ finding, at }) => [finding.uid, at])), [shown]);

  /** Reads the list's beginning anew; what lies behind is read again when it is scrolled to. */
  const refresh = useCallback(async () => {
    const first = await readPage(filters, order);
    queries.setQueryData<ReadPages>(queryKey, { pages: [first], pageParams: [undefined] });
  }, [queries, queryKey, filters, order]);

  return {
    rows,
    changed,
    arrivals,
    waiting,
    /** More came than is remembered, or than should be kept beside the list: it had better be read again. */
    outgrown: stale || shown.length > MOST_BESIDE,
    refresh,
    list,
    total: total(pages?.[0]?.total, shown.length),
  };
}

/** What the stream does not tell of a finding is read when it is opened. */
function whole(finding: StreamFinding): Finding {
  return { status: "open", assignee: null, notes: null, ai_version: null, ai_data: null, ...filled(finding) };
}

function filled(finding: StreamFinding) {
  const { source = null, risk_score = null, ai_explanation = null, ai_source = null, ai_enriched_at = null } = finding;
  return { ...finding, source, risk_score, ai_explanation, ai_source, ai_enriched_at };
}

const total = (read: number | undefined, came: number) => (read === undefined ? undefined : read + came);

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
