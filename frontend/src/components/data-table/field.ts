import type { ReactNode } from "react";

/** One property of what a table lists. The columns, the filters and the drawer's facts all come from it. */
export interface Field<Row> {
  /** Names it in the page; where it is a filter, in the address and in the API's parameter too. */
  id: string;
  title: string;
  /** Shows it, in a cell and among the drawer's facts. */
  show: (row: Row) => ReactNode;
  /** Its column; without one it is only a filter or a fact. */
  column?: {
    /** Pixels, or a CSS length (100cqw is the width of the table's window); what is left over goes to the columns that grow. */
    width: number | string;
    grow?: boolean;
    align?: "right";
    /** The API's name of the order by it; without one the column cannot be sorted. */
    sort?: string;
    /** Its cell is the link that opens the row. One field of a table has it. */
    opens?: boolean;
  };
  /** Its filter: the values to choose from come with their counts from the API. */
  facet?: {
    /** Shows a value; as it is otherwise. */
    show?: (value: string) => ReactNode;
    /** Whether one value can be chosen at a time. */
    single?: boolean;
  };
  /** Whether it stands among the facts of the drawer. */
  fact?: boolean;
}

/** How a list is ordered. */
export interface Order {
  by: string;
  order: "asc" | "desc";
}
