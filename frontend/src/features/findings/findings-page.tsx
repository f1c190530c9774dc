import { SearchX, ShieldCheck } from "lucide-react";
import { useQueryClient } from "@tanstack/react-query";
import { useQueryStates } from "nuqs";
import { useCallback, useRef, useState } from "react";
import { useLocation } from "react-router";

import { Button } from "@/components/button";
import { Code } from "@/components/code";
import { DataTable } from "@/components/data-table/data-table";
import { useMore } from "@/components/data-table/use-more";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { FilterAside, FilterDrawer, FiltersButton } from "@/components/filter-side";
import { NewPill, PauseButton } from "@/components/live-pill";
import { PageHeader } from "@/components/page-header";
import { SearchField } from "@/components/search-field";
import { TimeRange } from "@/components/time-range";
import { useFilterSide } from "@/components/use-filter-side";
import { WindowPage } from "@/components/window-page";
import { type Finding, findingsFile } from "@/lib/api/findings";
import { commands } from "@/lib/commands";
import { plural } from "@/lib/format";
import { useLive } from "@/lib/live/store";
import { preference } from "@/lib/preference";

import { EnrichAll } from "./enrich-all";
import { ExportMenu } from "./export-menu";
import { findingFields } from "./fields";
import { FilterChips } from "./filter-chips";
import { FilterPanel } from "./filter-panel";
import { filterParsers, type Filters, isFiltered, NO_FILTERS, toQuery } from "./filters";
import { FindingSheet } from "./finding-sheet";
import { orderParsers } from "./ordering";
import { startEnrichment } from "./use-enrichment";
import { useFindings } from "./use-findings";
import { useFollowing, useRefreshing } from "./use-following";
import { useOpenFinding } from "./use-open-finding";

const panel = preference("findings.filters", ["shown", "hidden"], "shown");

/** All findings: filtered, ordered, searched, followed live, enriched and exported. */
export default function FindingsPage() {
  const [filters, setFilters] = useQueryStates(filterParsers);
  const [order, setOrder] = useQueryStates(orderParsers);
  const { openId, open, linkTo } = useOpenFinding();
  const [reading, setReading] = useState(false);
  const side = useFilterSide(panel, "(min-width: 105rem)");

  const scroller = useRef<HTMLDivElement>(null);
  const following = useFollowing(reading || openId !== null);
  const { list, rows, changed, arrivals, waiting, outgrown, refresh, total } = useFindings(filters, order, following);
  useRefreshing(outgrown && !reading && openId === null && !following.paused, refresh);
  const openRow = rows.find((row) => row.id === openId);
  const change = useCallback((part: Partial<Filters>) => void setFilters(part), [setFilters]);
  const search = useCallback((q: string) => void setFilters({ q: q || null }), [setFilters]);
  const missing = useLive((state) => state.summary?.unenriched);
  const more = useMore(list);
  const queries = useQueryClient();
  commands.useAdd([
    {
      id: "findings.pause",
      title: following.paused ? "Resume live updates of the list" : "Pause live updates of the list",
      group: "Findings",
      run: () => following.pause(!following.paused),
    },
    {
      id: "findings.urgent",
      title: "Show critical and high findings",
      group: "Findings",
      run: () => change({ ...NO_FILTERS, severity: ["critical", "high"] }),
    },
    {
      id: "findings.unenriched",
      title: "Show findings that are not enriched yet",
      group: "Findings",
      run: () => change({ ...NO_FILTERS, enriched: "false" }),
    },
    {
      id: "findings.export",
      title: "Export these findings as CSV",
      group: "Findings",
      run: () => window.location.assign(findingsFile(toQuery(filters, Date.now()), "csv")),
    },
  ]);
  const actions = [
    {
      keys: "e",
      does: "Enrich the marked finding with AI",
      run: (finding: Finding) => startEnrichment(queries, finding.id),
    },
  ];

  return (
    <WindowPage>
      <PageHeader
        title="Findings"
        note={total !== undefined && <span className="tabular">{plural(total, "finding")}</span>}
        actions={
          <>
            <PauseButton paused={following.paused} onChange={following.pause} />
            <ExportMenu filter={() => toQuery(filters, Date.now())} />
            <EnrichAll missing={missing} />
          </>
        }
      />
      <div className="flex flex-wrap items-center gap-2 px-4 pb-3 lg:px-6">
        <SearchField
          value={filters.q}
          onChange={search}
          label="Search findings"
          className="w-full sm:order-1 sm:w-72"
        />
        <FiltersButton side={side} />
        <div className="sm:order-2">
          <TimeRange value={filters} onChange={change} />
        </div>
        <div className="min-w-0 sm:order-3">
          <FilterChips filters={filters} onChange={change} />
        </div>
      </div>
      <div className="flex min-h-0 flex-1 gap-3 px-0 md:px-4 md:pb-4 lg:px-6 lg:pb-6">
        <FilterAside side={side}>
          <FilterPanel filters={filters} onChange={change} />
        </FilterAside>
        <section
          aria-label="List of findings"
          className="relative flex min-h-96 min-w-0 flex-1 flex-col overflow-hidden border-y bg-surface shadow-card md:rounded-lg md:border"
        >
          <NewPill
            waiting={waiting}
            outgrown={outgrown}
            onShow={() => {
              following.letIn();
              if (outgrown) void refresh().catch(() => undefined);
              scroller.current?.scrollTo({ top: 0 });
            }}
          />
          {list.error && !list.data ? (
            <ErrorState error={list.error} retry={() => void list.refetch()} busy={list.isFetching} />
          ) : (
            <DataTable
              ref={scroller}
              label="Findings"
              className="min-h-0 flex-1"
              fields={findingFields}
              rows={list.data ? rows : undefined}
              rowKey={keyOf}
              rowLink={linkTo}
              onOpen={open}
              openKey={openRow?.uid ?? null}
              order={{ by: order.sort, order: order.order }}
              onOrder={({ by, order: way }) => void setOrder({ sort: by as typeof order.sort, order: way })}
              marks={changed}
              arrivals={arrivals}
              total={total}
              more={more}
              actions={actions}
              onReading={setReading}
              empty={<Nothing filtered={isFiltered(filters)} onClear={() => change(NO_FILTERS)} />}
            />
          )}
        </section>
      </div>
      <FilterDrawer side={side}>
        {" "}
        <FilterPanel filters={filters} onChange={change} />
      </FilterDrawer>
      <FindingSheet id={openId} known={openRow} onClose={() => open(null)} />
    </WindowPage>
  );
}

const keyOf = (finding: Finding) => finding.uid;

function Nothing({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  const { search } = useLocation();
  if (filtered || search)
    return (
      <EmptyState
        icon={SearchX}
        title="No finding matches"
        action={<Button onClick={onClear}>Clear all filters</Button>}
      >
        Widen the time range, or take a filter away.
      </EmptyState>
    );
  return (
    <EmptyState icon={ShieldCheck} title="No findings yet">
      Findings appear here the moment a rule fires. To see one, send events: <Code>mcm-ingestor generate</Code> makes up
      a company&rsquo;s month, <Code>POST /events</Code> takes your own.
    </EmptyState>
  );
}
