import { Columns3 } from "lucide-react";

import { Button } from "@/components/button";
import { Menu, MenuCheck, MenuItem, MenuSeparator } from "@/components/menu";

import { type Column, COLUMNS, shownColumns, toggled } from "./columns";
import { findingFields } from "./fields";

const titleOf = (column: Column) => findingFields.find(({ id }) => id === column)?.title ?? column;

/** Chooses the columns of the table; on a phone rows are cards without columns. */
export function ColumnsMenu({
  columns,
  onChange,
}: {
  columns: readonly Column[] | null;
  onChange: (columns: Column[] | null) => void;
}) {
  const shown = shownColumns(columns);
  return (
    <Menu
      label="Columns"
      trigger={
        <Button className="hidden sm:inline-flex">
          <Columns3 aria-hidden />
          <span className="sr-only lg:not-sr-only">Columns</span>
        </Button>
      }
    >
      {COLUMNS.filter((column) => column !== "rule").map((column) => (
        <MenuCheck key={column} checked={shown.includes(column)} onChange={() => onChange(toggled(columns, column))}>
          {titleOf(column)}
        </MenuCheck>
      ))}
      <MenuSeparator />
      <MenuItem disabled={columns === null} onSelect={() => onChange(null)}>
        Reset columns
      </MenuItem>
    </Menu>
  );
}
