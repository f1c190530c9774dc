import { createColumnHelper, tableFeatures, useTable } from "@tanstack/react-table";
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, type RefObject, useCallback, useEffect, useMemo, useRef } from "react";
import type { To } from "react-router";

import { cn } from "@/lib/class-names";

import { Loading } from "../skeleton";
import { useMediaQuery } from "../use-media-query";
import type { Field, Order } from "./field";
import { HeaderRow } from "./header-row";
import { type Card, Row, SkeletonRow } from "./row";
import { useReading } from "./use-reading";
import { type RowAction, useRowKeys } from "./use-row-keys";

const ROW_HEIGHT = 40;
const HEADER_HEIGHT = 36;
const MIN_WIDTH = 1100;
const LOAD_AHEAD = 20;
const SKELETONS = 14;
/** As wide as a phone: rows are cards there. */
const NARROW = "(max-width: 40rem)";

const features = tableFeatures({});

export interface DataTableProps<T> {
  /** Names the table: "Findings". */
  label: string;
  fields: readonly Field<T>[];
  /** Undefined while they load for the first time. */
  rows: readonly T[] | undefined;
  /** The rows are those of the query before, until the new ones arrive. */
  busy?: boolean;
  rowKey: (row: T) => string;
  /** The target of a row's link. */
  rowLink: (row: T) => To;
  /** Whether a row is greyed. */
  muted?: (row: T) => boolean;
  /** Opens a row in the drawer. */
  onOpen: (row: T) => void;
  /** The key of the row that is open in the drawer. */
  openKey?: string | null;
  order?: Order;
  onOrder?: (order: Order) => void;
  /** The revision of each changed row; the row flashes whenever it increases. */
  revisions?: ReadonlyMap<string, number>;
  /** The keys of rows that arrived live, each with the time, in milliseconds. */
  arrivals?: ReadonlyMap<string, number>;
  /** Number of all rows, loaded or not. */
  total?: number;
  more?: { loading: boolean; load: () => void };
  /** Shown instead of rows when there are none. */
  empty: ReactNode;
  /** Shortcuts that act on the selected row. */
  actions?: readonly RowAction<T>[];
  /** Called when a person starts or stops reading the list. */
  onReading?: (reading: boolean) => void;
  rowHeight?: number;
  /** A row on a phone, and the height of such a card. */
  card?: { show: Card<T>; height: number };
  /** The width in pixels below which the table scrolls sideways. */
  minWidth?: number;
  /** The element that scrolls. */
  ref?: RefObject<HTMLDivElement | null>;
  className?: string;
}

/** Virtualized table with a sticky header and keyboard navigation; its rows are cards on a phone. */
export function DataTable<T extends object>(props: DataTableProps<T>) {
  const { label, fields, rows, busy = false, rowKey, rowLink, onOpen, openKey = null, revisions, arrivals } = props;
  const own = useRef<HTMLDivElement>(null);
  const scroller = props.ref ?? own;
  const columns = useMemo(() => columnsOf(fields), [fields]);
  const table = useTable({ features, columns, data: rows ?? NONE, getRowId: rowKey });
  const model = table.getRowModel().rows;
  const narrow = useMediaQuery(NARROW);
  const printing = useMediaQuery("print");
  const card = narrow && !printing ? props.card : undefined;
  const height = card?.height ?? props.rowHeight ?? ROW_HEIGHT;
  const columnCount = card ? 1 : columns.length;

  // the selected row stays rendered when it scrolls out of view: it has the focus
  const selectedIndex = useRef(-1);
  const rangeExtractor = useCallback(
    (range: Range) => {
      if (printing) return Array.from({ length: range.count }, (_, index) => index);
      const visible = defaultRangeExtractor(range);
      const selected = selectedIndex.current;
      if (selected < 0 || selected >= range.count || visible.includes(selected)) return visible;
      return [...visible, selected].sort((one, other) => one - other);
    },
    [printing],
  );
  const virtualizer = useVirtualizer({
    count: model.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    getItemKey: (index) => model[index]?.id ?? index,
    overscan: 8,
    scrollPaddingStart: card ? 0 : HEADER_HEIGHT,
    rangeExtractor,
  });
  const measure = virtualizer.measure;
  useEffect(() => measure(), [measure, height, printing]);
  const items = virtualizer.getVirtualItems();

  const { activeKey, setActiveKey } = useRowKeys({
    scroller,
    rows: rows ?? NONE,
    rowKey,
    openKey,
    onOpen,
    actions: props.actions,
    scrollTo: (index) => virtualizer.scrollToIndex(index),
  });
  useEffect(() => {
    selectedIndex.current = activeKey === null ? -1 : model.findIndex(({ id }) => id === activeKey);
  });
  useLoadMore(props.more, virtualizer.range?.endIndex ?? 0, model.length);
  const reading = useReading(props.onReading);

  if (rows?.length === 0)
    return (
      <div aria-busy={busy} className={cn("overflow-auto", busy && DIMMED, props.className)}>
        {props.empty}
      </div>
    );
  return (
    <div
      ref={scroller}
      tabIndex={-1}
      className={cn("@container relative overflow-auto overscroll-x-contain print:overflow-visible", props.className)}
      {...reading}
    >
      <table
        aria-label={label}
        aria-rowcount={(props.total ?? model.length) + 1}
        aria-busy={rows === undefined || busy}
        className={cn("w-full table-fixed border-separate border-spacing-0 print:min-w-0!", busy && DIMMED)}
        style={{ minWidth: card ? undefined : (props.minWidth ?? MIN_WIDTH) }}
      >
        {!card && (
          <colgroup>
            {fields.map(
              ({ id, column }) => column && <col key={id} style={{ width: column.grow ? undefined : column.width }} />,
            )}
          </colgroup>
        )}
        {card ? (
          <thead className="sr-only">
            <tr aria-rowindex={1}>
              <th scope="col">{label}</th>
            </tr>
          </thead>
        ) : (
          <HeaderRow fields={fields} order={props.order} onOrder={props.onOrder} />
        )}
        <tbody>
          {rows === undefined &&
            Array.from({ length: SKELETONS }, (_, index) => (
              <SkeletonRow key={index} fields={fields} asCard={card !== undefined} index={index} height={height} />
            ))}
          {items.flatMap((item, at) => {
            const row = model[item.index];
            const gap = item.start - (items[at - 1]?.end ?? 0);
            return [
              gap > 0 && <Spacer key={`gap.${item.key}`} height={gap} columns={columnCount} />,
              row && (
                <Row
                  key={row.id}
                  id={row.id}
                  row={row.original}
                  fields={fields}
                  card={card?.show}
                  index={item.index + 2}
                  height={height}
                  link={rowLink}
                  active={row.id === activeKey}
                  open={row.id === openKey}
                  muted={props.muted?.(row.original) ?? false}
                  revision={revisions?.get(row.id) ?? 0}
                  arrivedAt={arrivals?.get(row.id)}
                  onOpen={onOpen}
                  onActive={setActiveKey}
                />
              ),
            ];
          })}
          <Spacer height={virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0)} columns={columnCount} />
        </tbody>
      </table>
      {rows === undefined && <Loading what={label.toLowerCase()} />}
    </div>
  );
}

/** Rows of the query before are dimmed: they are not the result of the new one. */
export const DIMMED = "opacity-50 transition-opacity delay-100";

const NONE: never[] = [];

function columnsOf<T extends object>(fields: readonly Field<T>[]) {
  const helper = createColumnHelper<typeof features, T>();
  return fields
    .filter((field) => field.column)
    .map((field) => helper.display({ id: field.id, header: field.title, cell: ({ row }) => field.show(row.original) }));
}

/** Space of the rows that are not rendered; hidden from screen readers. */
function Spacer({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden className="print:hidden">
      <td colSpan={columns} style={{ height, padding: 0 }} />
    </tr>
  );
}

function useLoadMore(more: DataTableProps<object>["more"], lastVisible: number, loaded: number) {
  const due = more !== undefined && !more.loading && loaded > 0 && lastVisible >= loaded - LOAD_AHEAD;
  const load = more?.load;
  useEffect(() => {
    if (due) load?.();
  }, [due, load]);
}
