import type { View, ViewRequest } from "@/lib/api/views";
import { instant } from "@/lib/time/period";

import type { Column } from "../list/columns";
import { type Filters, isFiltered, NO_FILTERS, toQuery, viewOf } from "../list/filters";
import { DEFAULT_ORDER, type FindingOrder } from "../live/ordering";

/** What a view saves of the list. */
export interface ListState {
  filters: Filters;
  order: FindingOrder;
  columns: readonly Column[] | null;
}

const DAY_MS = 86_400_000;

/** Converts the state of the list to a view without a name; the period stays relative, and the view one's own. */
export function contentOf({ filters, order, columns }: ListState): Omit<ViewRequest, "name"> {
  const { last, from, to } = filters;
  const conditions = toQuery({ ...filters, last: null, from: null, to: null }, 0);
  const period = last ? { last } : { from_timestamp: from ?? undefined, to_timestamp: to ?? undefined };
  return {
    filter: withoutUndefined({ ...conditions, ...period, view: viewOf(filters) }),
    columns: columns && [...columns],
    sort: order.sort,
    order: order.order,
  };
}

/** Converts a view to the state of the list; null where this version does not know the filter. */
export function stateOf({ filter, columns, sort, order }: Omit<View, "id">): ListState | null {
  if (filter === null) return null;
  const state = filter.state ?? [];
  const suppressed = (filter.suppressed ?? []).map((value) => (value ? ("true" as const) : ("false" as const)));
  const enriched = filter.enriched ?? null;
  const filters: Filters = {
    ...NO_FILTERS,
    view: filter.view ?? "all",
    status: filter.status ?? [],
    assignee: filter.assignee ?? [],
    label: filter.label ?? [],
    severity: filter.severity ?? [],
    rule: filter.rule ?? [],
    source: filter.source ?? [],
    // the list shows what stands and is not suppressed unless it is asked for more; an empty list is no condition
    state: state.length === 0 ? ["standing", "withdrawn"] : state.join() === "standing" ? [] : state,
    suppressed: suppressed.length === 0 ? ["false", "true"] : suppressed.join() === "false" ? [] : suppressed,
    user: filter.user ?? null,
    enriched: enriched === null ? null : enriched ? "true" : "false",
    risk_min: filter.risk_min ?? null,
    q: filter.q ?? "",
    last: filter.last ?? null,
    from: timeOf(filter.from_timestamp) ?? timeOf(filter.from_date),
    to: timeOf(filter.to_timestamp) ?? timeOf(filter.to_date, DAY_MS),
  };
  const isDefault = filters.view === "work" && !isFiltered(filters);
  return { filters: isDefault ? { ...filters, view: null } : filters, order: { sort, order }, columns };
}

/** Whether the list shows what a view saved. */
export function isUnchanged(view: View, state: ListState): boolean {
  const saved = stateOf(view);
  return saved !== null && JSON.stringify(contentOf(saved)) === JSON.stringify(contentOf(state));
}

/** Whether the URL selects nothing: then a link to a view opens it. */
export const isBare = ({ filters, order, columns }: ListState): boolean =>
  !isFiltered(filters) &&
  filters.view === null &&
  order.sort === DEFAULT_ORDER.sort &&
  order.order === DEFAULT_ORDER.order &&
  columns === null;

/** The link that opens a view. */
export const linkOf = (view: View): string => `${window.location.origin}/app/findings?saved=${view.id}`;

const timeOf = (time: string | null | undefined, later = 0) => (time ? instant(Date.parse(time) + later) : null);

const withoutUndefined = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value != null)) as T;
