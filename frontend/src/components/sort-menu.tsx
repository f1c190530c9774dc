import { ArrowDownWideNarrow, ArrowUpNarrowWide } from "lucide-react";

import { Button } from "./button";
import type { Field, Order } from "./data-table/field";
import { Menu, MenuChoices, MenuSeparator } from "./menu";

/** Sorts a list whose columns are not visible, or do not have what to sort by. */
export function SortMenu<T>({
  fields,
  order,
  onOrder,
}: {
  fields: readonly Field<T>[];
  order: Order;
  onOrder: (order: Order) => void;
}) {
  const choices = fields.flatMap(({ title, column }) => (column?.sort ? [{ value: column.sort, text: title }] : []));
  const Icon = order.order === "desc" ? ArrowDownWideNarrow : ArrowUpNarrowWide;
  return (
    <Menu
      label="Sort"
      align="start"
      trigger={
        <Button>
          <Icon aria-hidden />
          {choices.find(({ value }) => value === order.by)?.text ?? "Sort"}
          <span className="sr-only">{order.order === "desc" ? ", highest first" : ", lowest first"}; sort</span>
        </Button>
      }
    >
      <MenuChoices
        label="Sort by"
        value={order.by}
        choices={choices}
        onChange={(by) => onOrder({ by, order: order.order })}
      />
      <MenuSeparator />
      <MenuChoices
        label="Direction"
        value={order.order}
        choices={[
          { value: "desc", text: "Highest or newest first" },
          { value: "asc", text: "Lowest or oldest first" },
        ]}
        onChange={(direction) => onOrder({ by: order.by, order: direction })}
      />
    </Menu>
  );
}
