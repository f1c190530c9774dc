import { Activity, SearchX } from "lucide-react";
import { useQueryStates } from "nuqs";
import { useCallback, useRef, useState } from "react";

import { Button } from "@/components/button";
import { type Chip, ChipList } from "@/components/chip-list";
import { GettingStarted } from "@/components/getting-started";
import { DataTable } from "@/components/data-table/data-table";
import { useMore } from "@/components/data-table/use-more";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { FilterSidebar, FilterDrawer, FiltersButton } from "@/components/filter-panel";
import { PendingPill, PauseButton } from "@/components/live-pill";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { TimeRange } from "@/components/time-range";
import { useFilterPanel } from "@/components/use-filter-panel";
import { WindowPage } from "@/components/window-page";
import type { Event } from "@/lib/api/events";
import { commands } from "@/lib/commands";
import { plural, words } from "@/lib/format";
import { preference } from "@/lib/preference";

import { EventDrawer } from "./event-drawer";
import { EventFilters } from "./event-filters";
import { FactSearch } from "./fact-search";
import { EventHistogram } from "./event-histogram";
import { fields } from "./fields";
import { countFilters, filterParsers, type Filters, NO_FILTERS } from "./filters";
import { useEventFacets, useEventHistogram, useEvents } from "./use-events";
import { useOpenEvent } from "./use-open-event";
import { useTail } from "./use-tail";

const sidebar = preference("events.filters", ["shown", "hidden"], "shown");

/** All events, newest first, with live updates. */
export default function EventsPage() {
  const [filters, setFilters] = useQueryStates(filterParsers);
  const { openId, open, linkTo } = useOpenEvent();
  const [paused, setPaused] = useState(false);
  const [reading, setReading] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const panel = useFilterPanel(sidebar, "(min-width: 75rem)");

  const { list, events } = useEvents(filters);
  const tail = useTail(filters, events, paused || reading || openId !== null);
  const histogram = useEventHistogram(filters);
  const facets = useEventFacets(filters);

  const change = useCallback((part: Partial<Filters>) => void setFilters(part), [setFilters]);
  const openRow = events?.find((event) => event.id === openId);
  const activeFilters = countFilters(filters);
  const total = histogram.isPlaceholderData
    ? undefined
    : histogram.data?.buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  const more = useMore(list);
  commands.useAdd([
    {
      id: "events.pause",
      title: paused ? "Resume live updates" : "Pause live updates",
      group: "Events",
      run: () => setPaused(!paused),
    },
    { id: "events.clear", title: "Clear all event filters", group: "Events", run: () => change(NO_FILTERS) },
  ]);
  const filterPanel = <EventFilters filters={filters} facets={facets.data} onChange={change} />;

  return (
    <WindowPage>
      <PageHeader
        title="Events"
        note={total !== undefined && <Total total={total} partial={histogram.data?.counted_from != null} />}
        actions={<PauseButton paused={paused} onChange={setPaused} />}
      />
      <div className="flex flex-wrap items-center gap-2 px-4 pb-3 lg:px-6 print:hidden">
        <FiltersButton panel={panel} />
        <FactSearch
          className="w-full sm:w-64"
          events={events}
          onSearch={(found) => change({ ...found, fact: [...new Set([...filters.fact, ...(found.fact ?? [])])] })}
        />
        <TimeRange value={filters} onChange={change} />
        {activeFilters > 0 && (
          <ChipList label="Active filters" chips={chipsOf(filters, change)} onClear={() => change(NO_FILTERS)} />
        )}
      </div>
      <div className="px-0 pb-3 md:px-4 lg:px-6">
        <Panel className="rounded-none border-x-0 md:rounded-lg md:border-x">
          {histogram.error && !histogram.data ? (
            <p role="alert" className="h-24 content-center text-center text-ink-2">
              Events over time could not be loaded. <RetryLink onRetry={() => void histogram.refetch()} />
            </p>
          ) : (
            <EventHistogram histogram={histogram.data} onPeriod={change} />
          )}
        </Panel>
      </div>
      <div className="flex min-h-0 flex-1 gap-3 px-0 md:px-4 md:pb-4 lg:px-6 lg:pb-6">
        <FilterSidebar panel={panel}>{filterPanel}</FilterSidebar>
        <section
          aria-label="List of events"
          className="relative flex min-h-64 min-w-0 flex-1 flex-col overflow-hidden border-y bg-surface shadow-card md:rounded-lg md:border print:overflow-visible"
        >
          <PendingPill
            count={tail.heldBack}
            overflowed={tail.more}
            onShow={() => {
              tail.showPending();
              scroller.current?.scrollTo({ top: 0 });
            }}
          />
          {list.error && !events ? (
            <ErrorState error={list.error} retry={() => void list.refetch()} busy={list.isFetching} />
          ) : (
            <DataTable
              ref={scroller}
              label="Events"
              minWidth={864}
              className="min-h-0 flex-1"
              fields={fields}
              rows={events}
              busy={list.isPlaceholderData}
              rowKey={keyOf}
              rowLink={linkTo}
              onOpen={open}
              openKey={openRow ? keyOf(openRow) : null}
              arrivals={tail.arrivals}
              total={total}
              more={more}
              onReading={setReading}
              empty={<EmptyList filtered={activeFilters > 0} onClear={() => change(NO_FILTERS)} />}
            />
          )}
        </section>
      </div>
      <FilterDrawer panel={panel}>{filterPanel}</FilterDrawer>
      {openId !== null && <EventDrawer id={openId} known={openRow} onClose={() => open(null)} />}
    </WindowPage>
  );
}

const keyOf = (event: Event) => String(event.id);

function chipsOf(filters: Filters, change: (part: Partial<Filters>) => void): Chip[] {
  const many = (name: "event_type" | "source"): Chip[] =>
    filters[name].map((value) => ({
      key: `${name}.${value}`,
      text: words(value),
      onRemove: () => change({ [name]: filters[name].filter((each) => each !== value) }),
    }));
  const user = filters.user;
  return [
    ...many("event_type"),
    ...many("source"),
    ...filters.fact.map((fact) => ({
      key: `fact.${fact}`,
      text: fact.replace(":", ": "),
      onRemove: () => change({ fact: filters.fact.filter((each) => each !== fact) }),
    })),
    ...(user === null ? [] : [{ key: "user", text: user, onRemove: () => change({ user: null }) }]),
  ];
}

function Total({ total, partial }: { total: number; partial: boolean }) {
  if (!partial) return <span className="tabular">{plural(total, "event")}</span>;
  return (
    <span className="tabular" title="Very many events match. Counts cover the newest of them.">
      Newest {plural(total, "event")} counted
    </span>
  );
}

function RetryLink({ onRetry }: { onRetry: () => void }) {
  return (
    <Button variant="link" size="text" onClick={onRetry}>
      Try again
    </Button>
  );
}

function EmptyList({ filtered, onClear }: { filtered: boolean; onClear: () => void }) {
  if (filtered)
    return (
      <EmptyState
        icon={SearchX}
        title="No matching events"
        action={<Button onClick={onClear}>Clear all filters</Button>}
      >
        Widen the time range, or remove a filter.
      </EmptyState>
    );
  return (
    <EmptyState icon={Activity} title="No events yet">
      Events appear here as soon as they are ingested. <GettingStarted />
    </EmptyState>
  );
}
