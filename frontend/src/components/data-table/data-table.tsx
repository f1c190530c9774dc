import { createColumnHelper, tableFeatures, useTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, type RefObject, type UIEvent, useEffect, useMemo, useRef, useState } from "react";
import type { To } from "react-router";

import { cn } from "@/lib/class-names";

import { Loading } from "../skeleton";
import type { Field, Order } from "./field";
import { HeaderRow } from "./header-row";
import { Row, SkeletonRow } from "./row";
import { type RowAction, useRowKeys } from "./use-row-keys";

export const ROW_HEIGHT = 40;
const LOAD_AHEAD = 20;
const SKELETONS = 14;

const features = tableFeatures({});

export interface DataTableProps<T> {
  /** Names the table: "Findings". */
  label: string;
  fields: readonly Field<T>[];
  /** Undefined while they load for the first time. */
  rows: readonly T[] | undefined;
  rowKey: (row: T) => string;
  /** Where a row's own link leads. */
  rowLink: (row: T) => To;
  /** Opens a row in the drawer. */
  onOpen: (row: T) => void;
  /** The key of the row that the drawer shows. */
  openKey?: string | null;
  order?: Order;
  onOrder?: (order: Order) => void;
  /** A number for each row that changed, which is another at each change; the row then flashes. */
  marks?: ReadonlyMap<string, number>;
  /** The keys of rows that came in, each with when that was, in milliseconds. */
  arrivals?: ReadonlyMap<string, number>;
  /** Rows in all, loaded or not. */
  total?: number;
  more?: { loading: boolean; load: () => void };
  /** Shown in place of rows when there are none. */
  empty: ReactNode;
  /** More keys that act on the row that is marked. */
  actions?: readonly RowAction<T>[];
  /** Told when the top of the list comes into or goes out of sight, and when somebody points at a row. */
  onReading?: (reading: boolean) => void;
  minWidth?: string;
  /** The element that scrolls. */
  ref?: RefObject<HTMLDivElement | null>;
  className?: string;
}

/** A long list as a table: only the rows in sight are there, the head stays, the keyboard walks it. */
export function DataTable<T extends object>(props: DataTableProps<T>) {
  const { label, fields, rows, rowKey, rowLink, onOpen, openKey = null, marks, arrivals, more } = props;
  const own = useRef<HTMLDivElement>(null);
  const scroller = props.ref ?? own;
  const columns = useMemo(() => columnsOf(fields), [fields]);
  const table = useTable({ features, columns, data: rows ?? NONE, getRowId: rowKey });
  const model = table.getRowModel().rows;

  const virtualizer = useVirtualizer({
    count: model.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => model[index]?.id ?? index,
    overscan: 8,
    scrollPaddingStart: ROW_HEIGHT,
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);

  const { activeKey, setActiveKey } = useRowKeys({
    scroller,
    rows: rows ?? NONE,
    rowKey,
    openKey,
    onOpen,
    actions: props.actions,
    show: (index) => virtualizer.scrollToIndex(index),
  });
  useLoadMore(more, last?.index ?? 0, model.length);
  const reading = useReading(props.onReading);

  if (rows?.length === 0) return <div className={cn("overflow-auto", props.className)}>{props.empty}</div>;
  return (
    <div
      ref={scroller}
      className={cn("@container relative overflow-auto overscroll-x-contain", props.className)}
      {...reading}
    >
      <table
        aria-label={label}
        aria-rowcount={(props.total ?? model.length) + 1}
        aria-busy={rows === undefined}
        className={cn("w-full table-fixed border-separate border-spacing-0", props.minWidth ?? "min-w-[1100px]")}
      >
        <colgroup>
          {fields.map(
            ({ id, column }) => column && <col key={id} style={{ width: column.grow ? undefined : column.width }} />,
          )}
        </colgroup>
        <HeaderRow fields={fields} order={props.order} onOrder={props.onOrder} />
        <tbody>
          {rows === undefined &&
            Array.from({ length: SKELETONS }, (_, index) => <SkeletonRow key={index} fields={fields} index={index} />)}
          {first && first.start > 0 && <Space height={first.start} columns={columns.length} />}
          {items.map((item) => {
            const row = model[item.index];
            return (
              row && (
                <Row
                  key={row.id}
                  id={row.id}
                  row={row.original}
                  fields={fields}
                  index={item.index + 2}
                  link={rowLink}
                  active={row.id === activeKey}
                  open={row.id === openKey}
                  mark={marks?.get(row.id) ?? 0}
                  arrivedAt={arrivals?.get(row.id)}
                  onOpen={onOpen}
                  onActive={setActiveKey}
                />
              )
            );
          })}
          {last && <Space height={virtualizer.getTotalSize() - last.end} columns={columns.length} />}
        </tbody>
      </table>
      {rows === undefined && <Loading what={label.toLowerCase()} />}
    </div>
  );
}

const NONE: never[] = [];

function columnsOf<T extends object>(fields: readonly Field<T>[]) {
  const helper = createColumnHelper<typeof features, T>();
  return fields
    .filter((field) => field.column)
    .map((field) => helper.display({ id: field.id, header: field.title, cell: ({ row }) => field.show(row.original) }));
}

/** Stands for rows out of sight; screen readers skip it. */
function Space({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden>
      <td colSpan={columns} style={{ height, padding: 0 }} />
    </tr>
  );
}

function useLoadMore(more: DataTableProps<object>["more"], lastShown: number, loaded: number) {
  const wanted = more !== undefined && !more.loading && loaded > 0 && lastShown >= loaded - LOAD_AHEAD;
  const load = more?.load;
  useEffect(() => {
    if (wanted) load?.();
  }, [wanted, load]);
}

/** Somebody reads the list when it is scrolled, or when the pointer rests on it. */
function useReading(onReading: ((reading: boolean) => void) | undefined) {
  const [pointed, setPointed] = useState(false);
  const [scrolled, setScrolled] = useState(false);
  useEffect(() => onReading?.(pointed || scrolled), [onReading, pointed, scrolled]);
  return {
    onPointerEnter: () => setPointed(true),
    onPointerLeave: () => setPointed(false),
    onScroll: (event: UIEvent<HTMLElement>) => setScrolled(event.currentTarget.scrollTop > ROW_HEIGHT / 2),
  };
}
