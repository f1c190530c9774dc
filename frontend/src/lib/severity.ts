import type { Schema } from "./api/schema";

export type Severity = Schema<"Severity">;

/** From the worst to the mildest, as they are listed everywhere. */
export const SEVERITIES = ["critical", "high", "medium", "low"] as const satisfies readonly Severity[];
