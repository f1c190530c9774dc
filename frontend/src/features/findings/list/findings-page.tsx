import { useQueryClient } from "@tanstack/react-query";
import { useQueryState, useQueryStates } from "nuqs";
import { useCallback, useMemo, useRef, useState } from "react";

import { Allowed } from "@/components/allowed";
import { DataTable } from "@/components/data-table/data-table";
import { useMore } from "@/components/data-table/use-more";
import { ErrorState } from "@/components/error-state";
import { FilterDrawer, FiltersButton, FilterSidebar } from "@/components/filter-panel";
import { PauseButton, PendingPill } from "@/components/live-pill";
import { PageHeader } from "@/components/page-header";
import { SearchField } from "@/components/search-field";
import { SortMenu } from "@/components/sort-menu";
import { TimeRange } from "@/components/time-range";
import { useFilterPanel } from "@/components/use-filter-panel";
import { WindowPage } from "@/components/window-page";
import { useAccount, useCan } from "@/lib/access/account";
import { type Finding, findingsFile } from "@/lib/api/findings";
import { commands } from "@/lib/commands";
import { plural } from "@/lib/format";
import { useLive } from "@/lib/live/store";
import { preference } from "@/lib/preference";

import { FindingSheet } from "../detail/finding-sheet";
import { startEnrichment } from "../enrichment/use-enrichment";
import { orderParsers } from "../live/ordering";
import { useFindings } from "../live/use-findings";
import { useAutoRefresh, useLiveUpdates } from "../live/use-live-updates";
import { SelectionContext } from "../triage/selection";
import { useListTriage } from "../triage/use-list-triage";
import { useSavedView } from "../views/use-saved-view";
import type { ListState } from "../views/view-state";
import { ViewsMenu } from "../views/views-menu";
import { columnsParser, fieldsOf, minWidthOf } from "./columns";
import { ColumnsMenu } from "./columns-menu";
import { EnrichAll } from "./enrich-all";
import { ExportMenu } from "./export-menu";
import { CARD_HEIGHT, findingCard, findingFields, ROW_HEIGHT, selectField } from "./fields";
import { FilterChips } from "./filter-chips";
import { FilterPanel } from "./filter-panel";
import { changed as withChange, filterParsers, type Filters, inView, NO_FILTERS, toQuery } from "./filters";
import { NoFindings } from "./no-findings";
import { useOpenFinding } from "./use-open-finding";

const sidebar = preference("findings.filters", ["shown", "hidden"], "shown");
const CARD = { show: findingCard, height: CARD_HEIGHT };

/** All findings: filters, order, search, live updates, enrichment and export. */
export default function FindingsPage() {
  const [filters, setFilters] = useQueryStates(filterParsers);
  const me = useAccount().data?.name ?? null;
  const applied = useMemo(() => inView(filters, me), [filters, me]);
  const [order, setOrder] = useQueryStates(orderParsers);
  const [columns, setColumns] = useQueryState("columns", columnsParser);
  const state = useMemo(() => ({ filters, order, columns }), [filters, order, columns]);
  const showState = useCallback(
    (shown: ListState) => {
      void setFilters(shown.filters);
      void setOrder(shown.order);
      void setColumns(shown.columns && [...shown.columns]);
    },
    [setFilters, setOrder, setColumns],
  );
  const saved = useSavedView(state, showState);
  const shownFields = useMemo(() => fieldsOf(columns), [columns]);
  const selectable = useMemo(() => [selectField, ...shownFields], [shownFields]);
  const { openId, open, linkTo } = useOpenFinding();
  const [reading, setReading] = useState(false);
  const panel = useFilterPanel(sidebar, "(min-width: 75rem)");

  const scroller = useRef<HTMLDivElement>(null);
  const updates = useLiveUpdates(reading || openId !== null);
  const { list, rows, busy, changed, arrivals, heldBack, overflowed, refresh, total } = useFindings(
    applied,
    order,
    updates,
  );
  useAutoRefresh(overflowed && !reading && openId === null && !updates.paused, refresh);
  const openRow = rows.find((row) => row.id === openId);
  const change = useCallback(
    (part: Partial<Filters>) => void setFilters((current) => withChange(current, part)),
    [setFilters],
  );
  const search = useCallback((q: string) => change({ q }), [change]);
  const unscored = useLive((state) => state.summary?.unenriched);
  const more = useMore(list);
  const queries = useQueryClient();
  const query = () => toQuery(applied, Date.now());
  const triage = useListTriage(rows, total, query);
  const mayExport = useCan("findings:export");
  const mayEnrich = useCan("findings:enrich");
  const tableOrder = { by: order.sort, order: order.order };
  const onOrder = ({ by, order: direction }: { by: string; order: "asc" | "desc" }) =>
    void setOrder({ sort: by as typeof order.sort, order: direction });
  commands.useAdd([
    {
      id: "findings.pause",
      title: updates.paused ? "Resume live updates" : "Pause live updates",
      group: "Findings",
      run: () => updates.setPaused(!updates.paused),
    },
    {
      id: "findings.urgent",
      title: "Show critical and high findings",
      group: "Findings",
      run: () => change({ ...NO_FILTERS, severity: ["critical", "high"] }),
    },
    {
      id: "findings.all",
      title: "Show all findings, also closed ones",
      group: "Findings",
      run: () => change({ ...NO_FILTERS, view: "all" }),
    },
    {
      id: "findings.unscored",
      title: "Show findings without a score",
      group: "Findings",
      run: () => change({ ...NO_FILTERS, view: "all", enriched: "false" }),
    },
    ...(mayExport
      ? [
          {
            id: "findings.export",
            title: "Export these findings as CSV",
            group: "Findings",
            run: () => window.location.assign(findingsFile(query(), "csv")),
          },
        ]
      : []),
  ]);
  const enrich = {
    keys: "e",
    action: "Enrich the selected finding with AI",
    run: (finding: Finding) => startEnrichment(queries, finding.id),
  };
  const actions = [...triage.shortcuts, ...(mayEnrich ? [enrich] : [])];

  return (
    <WindowPage>
      <PageHeader
        title="Findings"
        note={total !== undefined && <span className="tabular">{plural(total, "finding")}</span>}
        actions={
          <>
            <ViewsMenu saved={saved} state={state} onReset={showState} />
            <ColumnsMenu columns={columns} onChange={(chosen) => void setColumns(chosen)} />
            <PauseButton paused={updates.paused} onChange={updates.setPaused} />
            <Allowed scope="findings:export">
              <ExportMenu filter={query} />
            </Allowed>
            <Allowed scope="findings:enrich">
              <EnrichAll unscored={unscored} />
            </Allowed>
          </>
        }
      />
      <div className="flex flex-wrap items-center gap-2 px-4 pb-3 lg:px-6 print:hidden">
        <SearchField
          value={filters.q}
          onChange={search}
          label="Search findings"
          className="w-full sm:order-1 sm:w-72"
        />
        <FiltersButton panel={panel} />
        <div className="sm:order-2">
          <TimeRange value={filters} onChange={change} />
        </div>
        <div className="sm:order-3 sm:hidden">
          <SortMenu fields={findingFields} order={tableOrder} onOrder={onOrder} />
        </div>
        <div className="min-w-0 sm:order-4">
          <FilterChips filters={filters} onChange={change} />
        </div>
      </div>
      <div className="flex min-h-0 flex-1 gap-3 px-0 md:px-4 md:pb-4 lg:px-6 lg:pb-6">
        <FilterSidebar panel={panel}>
          <FilterPanel filters={filters} applied={applied} onChange={change} />
        </FilterSidebar>
        <section
          aria-label="List of findings"
          className="relative flex min-h-96 min-w-0 flex-1 flex-col overflow-hidden border-y bg-surface shadow-card md:rounded-lg md:border print:overflow-visible"
        >
          <PendingPill
            count={heldBack}
            overflowed={overflowed}
            onShow={() => {
              updates.showPending();
              if (overflowed) void refresh().catch(() => undefined);
              scroller.current?.scrollTo({ top: 0 });
            }}
          />
          {triage.controls}
          {list.error && !list.data ? (
            <ErrorState error={list.error} retry={() => void list.refetch()} busy={list.isFetching} />
          ) : (
            <SelectionContext value={triage.selection}>
              <DataTable
                ref={scroller}
                label="Findings"
                className="min-h-0 flex-1"
                minWidth={minWidthOf(selectable)}
                rowHeight={ROW_HEIGHT}
                card={CARD}
                fields={triage.selection ? selectable : shownFields}
                rows={list.data && !saved.opening ? rows : undefined}
                busy={busy}
                rowKey={keyOf}
                rowLink={linkTo}
                muted={isSuppressed}
                onOpen={open}
                openKey={openRow?.uid ?? null}
                order={tableOrder}
                onOrder={onOrder}
                revisions={changed}
                arrivals={arrivals}
                total={total}
                more={more}
                actions={actions}
                onReading={setReading}
                empty={<NoFindings filters={filters} onChange={change} />}
              />
            </SelectionContext>
          )}
        </section>
      </div>
      <FilterDrawer panel={panel}>
        <FilterPanel filters={filters} applied={applied} onChange={change} />
      </FilterDrawer>
      <FindingSheet id={openId} known={openRow} onClose={() => open(null)} />
    </WindowPage>
  );
}

const keyOf = (finding: Finding) => finding.uid;
const isSuppressed = (finding: Finding) => finding.suppressed_by !== null;
