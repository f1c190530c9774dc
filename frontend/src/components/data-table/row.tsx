import { memo, useState } from "react";
import { Link, type To } from "react-router";

import { cn } from "@/lib/class-names";

import { Skeleton } from "../skeleton";
import type { Field } from "./field";

interface RowProps<T> {
  id: string;
  row: T;
  fields: readonly Field<T>[];
  index: number;
  link: (row: T) => To;
  active: boolean;
  open: boolean;
  mark: number;
  arrivedAt: number | undefined;
  onOpen: (row: T) => void;
  onActive: (id: string) => void;
}

const NEW_MS = 2000;
const CELL = "h-10 border-b px-3 first:pl-4 overflow-hidden text-ellipsis whitespace-nowrap";

function TableRow<T>({ id, row, fields, index, link, active, open, mark, arrivedAt, onOpen, onActive }: RowProps<T>) {
  // a row that is only scrolled into sight has not changed: it flashes for what happens while it is there
  const [markAtFirst] = useState(mark);
  const [arrived] = useState(() => arrivedAt !== undefined && Date.now() - arrivedAt < NEW_MS);
  const changed = mark !== markAtFirst;
  return (
    <tr
      data-row={id}
      data-changed={changed || undefined}
      aria-rowindex={index}
      aria-selected={open || undefined}
      className={cn(
        "group cursor-pointer hover:bg-sunken",
        open && "bg-accent-tint/50 hover:bg-accent-tint/70",
        active && !open && "bg-sunken",
        arrived && !changed && "animate-flash",
        changed && (mark % 2 ? "animate-flash" : "animate-flash-again"),
      )}
      onClick={(event) => {
        onActive(id);
        if (!isControl(event.target)) onOpen(row);
      }}
    >
      {fields.map(({ id: field, show, column }) => {
        if (!column) return null;
        return (
          <td
            key={field}
            className={cn(
              CELL,
              column.align === "right" && "text-right",
              active && "first:shadow-[inset_3px_0_0_var(--accent)]",
            )}
          >
            {column.opens ? (
              <Link
                to={link(row)}
                data-row-link
                onFocus={() => onActive(id)}
                className="block truncate outline-offset-0 hover:underline"
              >
                {show(row)}
              </Link>
            ) : (
              show(row)
            )}
          </td>
        );
      })}
    </tr>
  );
}

/** A row; drawn again only when something of it changed. */
export const Row = memo(TableRow) as typeof TableRow;

/** Buttons and links in a cell do their own work. */
function isControl(target: EventTarget): boolean {
  return target instanceof Element && target.closest("a, button, input, label") !== null;
}

/** Holds the place of a row that loads. */
export function SkeletonRow<T>({ fields, index }: { fields: readonly Field<T>[]; index: number }) {
  return (
    <tr>
      {fields.map(({ id, column }, at) => {
        if (!column) return null;
        return (
          <td key={id} className={CELL}>
            <Skeleton className="h-3.5" style={{ width: `${45 + ((index * 7 + at * 23) % 50)}%` }} />
          </td>
        );
      })}
    </tr>
  );
}
