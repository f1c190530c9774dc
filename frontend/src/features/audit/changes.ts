import type { AuditEntry } from "@/lib/api/access";

/** A field that an action set, changed or removed. */
export interface Change {
  field: string;
  before: string | null;
  after: string | null;
}

/** The fields that differ between before and after; without a before, all that the action set. */
export function changesOf({ before, after }: Pick<AuditEntry, "before" | "after">): Change[] {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return fields
    .map((field) => ({ field, before: text(before?.[field]), after: text(after?.[field]) }))
    .filter((change) => change.before !== change.after);
}

function text(value: unknown): string | null {
  if (value === undefined || value === null || value === "") return null;
  return typeof value === "string" ? value : JSON.stringify(value);
}
