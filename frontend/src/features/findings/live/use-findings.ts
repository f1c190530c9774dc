import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";

import { type Finding, type FindingPage, getFindingFacets, getFindings } from "@/lib/api/findings";
import type { StreamFinding } from "@/lib/live/frames";
import { loadLive } from "@/lib/live/load-live";
import type { Snapshot } from "@/lib/live/store";
import { type LiveFindings, useLiveList } from "@/lib/live/use-live-list";

import { type Filters, toQuery } from "../list/filters";
import { matches } from "./matches";
import { type FindingOrder, isBefore, mergeInOrder, sortKeyOf } from "./ordering";

const PAGE_SIZE = 100;
/** New findings merged into the loaded pages before those are loaded again. */
const MAX_PENDING = 500;
const FACETS_REFETCH_MS = 10_000;

/** The live updates that the list shows; see {@link useLiveUpdates}. */
export interface LiveUpdates {
  shown: LiveFindings;
  latest: LiveFindings;
  cutoff: number;
}

interface LoadedPage extends FindingPage {
  snapshot: Snapshot;
}

interface LoadedPages {
  pages: LoadedPage[];
  pageParams: (string | undefined)[];
}

function loadPage(filters: Filters, order: FindingOrder, before?: string, signal?: AbortSignal): Promise<LoadedPage> {
  return loadLive(() =>
    getFindings({ ...toQuery(filters, Date.now()), ...order, page_size: PAGE_SIZE, before }, signal),
  );
}

/** The matching findings, loaded as far as the list was scrolled, updated by the stream. */
export function useFindings(filters: Filters, order: FindingOrder, updates: LiveUpdates) {
  const queries = useQueryClient();
  const queryKey = useMemo(() => ["findings", "list", filters, order], [filters, order]);
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => loadPage(filters, order, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
    // the stream keeps it fresh; after an outage it is loaded again
    staleTime: Infinity,
  });

  const pages = list.data?.pages;
  const loaded = useMemo(() => unique(pages?.flatMap((page) => page.items) ?? []), [pages]);
  const end = useMemo(() => {
    const last = list.hasNextPage ? loaded.at(-1) : undefined;
    return last && sortKeyOf(last, order);
  }, [list.hasNextPage, loaded, order]);
  // findings beyond the loaded pages arrive with the pages to come
  const belongs = useCallback(
    (finding: StreamFinding) =>
      matches(toQuery(filters, Date.now()), finding) && (end === undefined || isBefore(sortKeyOf(finding, order), end)),
    [filters, order, end],
  );
  const loadedAt = pages?.[0]?.snapshot.revision ?? 0;
  const { cutoff } = updates;
  const { items, pending, changed, stale } = useLiveList(loaded, loadedAt, belongs, updates.shown);
  const latest = useLiveList(loaded, loadedAt, belongs, updates.latest).pending;
  const heldBack = latest.filter(({ firstRevision }) => firstRevision > cutoff).length;
  const shown = useMemo(() => pending.filter(({ firstRevision }) => firstRevision <= cutoff), [pending, cutoff]);
  const rows = useMemo(
    () =>
      mergeInOrder(
        items,
        shown.map(({ finding }) => toFinding(finding)),
        order,
      ),
    [items, shown, order],
  );
  const arrivals = useMemo(() => new Map(shown.map(({ finding, receivedAt }) => [finding.uid, receivedAt])), [shown]);

  /** Loads the first page again; the pages behind it load again when they are scrolled to. */
  const refresh = useCallback(async () => {
    const first = await loadPage(filters, order);
    queries.setQueryData<LoadedPages>(queryKey, { pages: [first], pageParams: [undefined] });
  }, [queries, queryKey, filters, order]);

  return {
    rows,
    changed,
    arrivals,
    heldBack,
    /** More findings arrived than are kept or should be merged: the list has to be loaded again. */
    overflowed: stale || shown.length > MAX_PENDING,
    refresh,
    list,
    /** The rows are those of the query before. */
    busy: list.isPlaceholderData,
    total: list.isPlaceholderData ? undefined : total(pages?.[0]?.total, shown.length),
  };
}

/** A finding of the stream as a finding of the list; its other fields load when it is opened. */
function toFinding(finding: StreamFinding): Finding {
  const { source = null, risk_score = null, ai_explanation = null, ai_source = null, ai_enriched_at = null } = finding;
  const { withdrawn = false, suppressed_by = null } = finding;
  const known = { ...finding, source, withdrawn, suppressed_by, risk_score, ai_explanation, ai_source, ai_enriched_at };
  return { ai_version: null, ai_data: null, feedback: null, ...known };
}

const total = (loaded: number | undefined, added: number) => (loaded === undefined ? undefined : loaded + added);

/** Counts the findings by each facet. */
export function useFindingFacets(filters: Filters) {
  return useQuery({
    queryKey: ["findings", "facets", filters],
    queryFn: ({ signal }) => getFindingFacets(toQuery(filters, Date.now()), signal),
    placeholderData: keepPreviousData,
    refetchInterval: FACETS_REFETCH_MS,
  });
}

/** A finding that moved while the pages were loaded may be on two of them. */
function unique<T extends { uid: string }>(items: T[]): T[] {
  return [...new Map(items.map((item) => [item.uid, item])).values()];
}
