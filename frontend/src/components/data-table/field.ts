import type { ReactNode } from "react";

/** One property of the rows of a table. The columns, the filters and the drawer's facts are made from it. */
export interface Field<Row> {
  /** Its name in the page; where it is a filter, also in the URL and in the API's parameter. */
  id: string;
  title: string;
  /** Renders it, in a cell and among the drawer's facts. */
  show: (row: Row) => ReactNode;
  /** Its column; without one it is only a filter or a fact. */
  column?: {
    /** Pixels, or a CSS length (100cqw is the width of the table's viewport); the rest goes to the columns that grow. */
    width: number | string;
    grow?: boolean;
    align?: "right";
    /** The API's name of the sort key; without one the column cannot be sorted. */
    sort?: string;
    /** Its cell is the link that opens the row. One field of a table has it. */
    opens?: boolean;
    /** Whether its title is for screen readers only. */
    untitled?: boolean;
    /** A second line under it. */
    detail?: (row: Row) => ReactNode;
  };
  /** Its filter: the values to choose from come with their counts from the API. */
  facet?: {
    /** Its title, where it is not the field's. */
    title?: string;
    /** Renders a value; as it is by default. */
    show?: (value: string) => ReactNode;
    /** Whether one value can be selected at a time. */
    single?: boolean;
  };
  /** Whether it is among the facts of the drawer. */
  fact?: boolean;
}

/** The order of a list. */
export interface Order {
  by: string;
  order: "asc" | "desc";
}
