import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";

import { type Finding, type FindingPage, getFindingFacets, getFindings } from "@/lib/api/findings";
import type { StreamFinding } from "@/lib/live/frames";
import { readLive } from "@/lib/live/read-live";
import type { Told } from "@/lib/live/reducer";
import type { Asked } from "@/lib/live/store";
import { type News, useLiveList } from "@/lib/live/use-live-list";

import { type Filters, matches, toQuery } from "./filters";
import { comesBefore, type FindingOrder } from "./ordering";

const PAGE_SIZE = 100;
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
  const last = list.hasNextPage ? read.at(-1) : undefined;
  const belongs = useCallback(
    (finding: StreamFinding) =>
      matches(filters, finding, Date.now()) && (last === undefined || comesBefore(finding, last, order)),
    [filters, order, last],
  );
  const readAt = pages?.[0]?.asked.mark ?? 0;
  const { items, fresh, changed, stale } = useLiveList(read, readAt, belongs, following.news);
  const waiting = useLiveList(read, readAt, belongs, following.now).fresh.filter(
    ({ since }) => since > following.upTo,
  ).length;
  const shown = useMemo(() => fresh.filter(({ since }) => since <= following.upTo), [fresh, following.upTo]);
  const rows = useMemo(() => withFresh(items, shown, order), [items, shown, order]);
  const arrivals = useMemo(() => new Map(shown.map(({ finding, at }) => [finding.uid, at])), [shown]);

  // the stream told of more than is remembered: only reading the list again makes it whole
  useEffect(() => {
    if (stale && waiting === 0 && !list.isFetching) void queries.resetQueries({ queryKey, exact: true });
  }, [stale, waiting, list.isFetching, queries, queryKey]);

  return { rows, changed, arrivals, waiting, list, total: total(pages?.[0]?.total, shown.length) };
}

/** Puts findings that came in where the order has them; those that are there stay where they are. */
function withFresh(items: readonly Finding[], fresh: readonly Told[], order: FindingOrder): readonly Finding[] {
  if (fresh.length === 0) return items;
  const rows = [...items];
  for (const { finding } of fresh) {
    const at = rows.findIndex((row) => comesBefore(finding, row, order));
    rows.splice(at < 0 ? rows.length : at, 0, whole(finding));
  }
  return rows;
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
