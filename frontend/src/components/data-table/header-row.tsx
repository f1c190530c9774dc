import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";

import { cn } from "@/lib/class-names";

import type { Field, Order } from "./field";

const ARIA = { asc: "ascending", desc: "descending" } as const;

/** The header row of a table; a title sorts by its column, and reverses the order on the next click. */
export function HeaderRow<T>({
  fields,
  order,
  onOrder,
}: {
  fields: readonly Field<T>[];
  order: Order | undefined;
  onOrder: ((order: Order) => void) | undefined;
}) {
  return (
    <thead>
      <tr aria-rowindex={1}>
        {fields.map(({ id, title, column }) => {
          if (!column) return null;
          const sorted = column.sort !== undefined && order?.by === column.sort ? order.order : undefined;
          return (
            <th
              key={id}
              scope="col"
              aria-sort={column.sort ? (sorted ? ARIA[sorted] : "none") : undefined}
              className={cn(
                "sticky top-0 z-10 h-9 border-b bg-surface px-3 text-left text-xs font-medium text-ink-2 first:pl-4",
                column.align === "right" && "text-right",
              )}
            >
              {column.sort && onOrder ? (
                <button
                  type="button"
                  onClick={() => column.sort && onOrder({ by: column.sort, order: sorted === "desc" ? "asc" : "desc" })}
                  className={cn(
                    "group -mx-1 inline-flex h-7 items-center gap-1 rounded-sm px-1 whitespace-nowrap hover:text-ink",
                    sorted && "text-ink",
                    column.align === "right" && "flex-row-reverse",
                  )}
                >
                  {title}
                  <Arrow sorted={sorted} />
                </button>
              ) : column.untitled ? (
                <span className="sr-only">{title}</span>
              ) : (
                title
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function Arrow({ sorted }: { sorted: "asc" | "desc" | undefined }) {
  if (sorted === "asc") return <ArrowUp aria-hidden className="size-3.5" />;
  if (sorted === "desc") return <ArrowDown aria-hidden className="size-3.5" />;
  return <ChevronsUpDown aria-hidden className="size-3.5 opacity-40 group-hover:opacity-100" />;
}
