import type { Schema } from "./api/schema";

export type Severity = Schema<"Severity">;

/** From critical to low, the order of every list. */
export const SEVERITIES = ["critical", "high", "medium", "low"] as const satisfies readonly Severity[];
