import type { components } from "./api/schema.gen";

export type Severity = components["schemas"]["Severity"];

/** From the worst to the mildest, as they are listed everywhere. */
export const SEVERITIES = ["critical", "high", "medium", "low"] as const satisfies readonly Severity[];
