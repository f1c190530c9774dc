import { memo, type ReactNode, useState } from "react";
import { Link, type To } from "react-router";

import { cn } from "@/lib/class-names";

import { Skeleton } from "../skeleton";
import type { Field } from "./field";

interface RowProps<T> {
  id: string;
  row: T;
  fields: readonly Field<T>[];
  /** Renders the row as a card, in one cell, instead of columns. */
  card: Card<T> | undefined;
  index: number;
  height: number;
  link: (row: T) => To;
  active: boolean;
  open: boolean;
  muted: boolean;
  revision: number;
  arrivedAt: number | undefined;
  onOpen: (row: T) => void;
  onActive: (id: string) => void;
}

/** A row as a card; `link` makes the part of it that opens the row. */
export type Card<T> = (row: T, link: (children: ReactNode) => ReactNode) => ReactNode;

const NEW_MS = 2000;
const CELL = "border-b px-3 first:pl-4 overflow-hidden text-ellipsis whitespace-nowrap";

function TableRow<T>(props: RowProps<T>) {
  const { id, row, fields, card, index, height, active, open, revision, arrivedAt, onOpen, onActive } = props;
  // a row that scrolls into view has not changed: it flashes for changes while it is visible
  const [initialRevision] = useState(revision);
  const [arrived] = useState(() => arrivedAt !== undefined && Date.now() - arrivedAt < NEW_MS);
  const changed = revision !== initialRevision;
  const link = (children: ReactNode) => (
    <Link
      to={props.link(row)}
      data-row-link
      onFocus={() => onActive(id)}
      className="block truncate outline-offset-0 hover:underline"
    >
      {children}
    </Link>
  );
  const selection = active && "first:shadow-[inset_3px_0_0_var(--accent)]";
  return (
    <tr
      data-row={id}
      data-changed={changed || undefined}
      aria-rowindex={index}
      aria-selected={open || undefined}
      style={{ height }}
      className={cn(
        "group cursor-pointer break-inside-avoid hover:bg-sunken",
        props.muted && "text-ink-3",
        open && "bg-accent-tint/50 hover:bg-accent-tint/70",
        active && !open && "bg-sunken",
        arrived && !changed && "animate-flash",
        changed && (revision % 2 ? "animate-flash" : "animate-flash-again"),
      )}
      onClick={(event) => {
        onActive(id);
        if (!isControl(event.target)) onOpen(row);
      }}
    >
      {card ? (
        <td className={cn("border-b px-4 py-2.5", selection)}>{card(row, link)}</td>
      ) : (
        fields.map(({ id: field, show, column }) => {
          if (!column) return null;
          return (
            <td key={field} className={cn(CELL, column.align === "right" && "text-right", selection)}>
              {column.opens ? link(show(row)) : show(row)}
              {column.detail && <div className="truncate text-xs text-ink-2">{column.detail(row)}</div>}
            </td>
          );
        })
      )}
    </tr>
  );
}

/** A row of the table; renders again only when it changed. */
export const Row = memo(TableRow) as typeof TableRow;

/** Buttons and links in a cell act on their own. */
function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest("a, button, input, label") !== null;
}

/** Placeholder of a loading row. */
export function SkeletonRow<T>({
  fields,
  asCard,
  index,
  height,
}: {
  fields: readonly Field<T>[];
  asCard: boolean;
  index: number;
  height: number;
}) {
  const columns = fields.filter(({ column }) => column);
  return (
    <tr style={{ height }}>
      {(asCard ? columns.slice(0, 1) : columns).map(({ id }, at) => (
        <td key={id} className={CELL}>
          <Skeleton className="h-3.5" style={{ width: `${45 + ((index * 7 + at * 23) % 50)}%` }} />
        </td>
      ))}
    </tr>
  );
}
