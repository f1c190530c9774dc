import { parseAsArrayOf, parseAsStringLiteral } from "nuqs";

import type { Field } from "@/components/data-table/field";
import type { Finding } from "@/lib/api/findings";

import { findingFields } from "./fields";

/** The columns to choose from. */
export const COLUMNS = [
  "severity",
  "risk_score",
  "rule",
  "status",
  "assignee",
  "label",
  "user",
  "source",
  "detection_count",
  "first_seen",
  "last_seen",
] as const;
export type Column = (typeof COLUMNS)[number];

const ADDITIONAL: readonly Column[] = ["assignee", "label", "user", "source", "detection_count"];
export const DEFAULT_COLUMNS: readonly Column[] = COLUMNS.filter((column) => !ADDITIONAL.includes(column));

/** The URL parameter of the columns; null: the default ones. */
export const columnsParser = parseAsArrayOf(parseAsStringLiteral(COLUMNS));

/** The columns of the list in their order. The finding is always among them: it is the link that opens the row. */
export function shownColumns(chosen: readonly Column[] | null): readonly Column[] {
  const columns = chosen === null || chosen.length === 0 ? DEFAULT_COLUMNS : [...new Set(chosen)];
  return columns.includes("rule") ? columns : [...columns, "rule"];
}

/** Shows or hides a column; null when the default ones are left. */
export function toggled(chosen: readonly Column[] | null, column: Column): Column[] | null {
  const columns = shownColumns(chosen);
  const next = columns.includes(column) ? columns.filter((each) => each !== column) : [...columns, column];
  return next.join() === DEFAULT_COLUMNS.join() ? null : next;
}

/** The fields of the columns. */
export const fieldsOf = (chosen: readonly Column[] | null): Field<Finding>[] =>
  shownColumns(chosen).flatMap((column) => findingFields.find(({ id }) => id === column) ?? []);

/** The width in pixels below which the table scrolls sideways. */
export const minWidthOf = (fields: readonly Field<Finding>[]): number =>
  fields.reduce((sum, { column }) => sum + Number(column?.width ?? 0), 0);
