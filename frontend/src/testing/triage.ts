import type { Schema } from "@/lib/api/schema";

/** Builds the figures of triage: one overdue critical finding. */
export function someTriage(): Schema<"TriageFigures"> {
  const times = { acknowledged: 2, time_to_acknowledge_s: 1260, resolved: 0, time_to_resolve_s: null };
  return {
    as_of: "2026-11-25T12:00:00Z",
    by_severity: [
      { severity: "critical", target_s: 86_400, open: 3, overdue: 1, ...times },
      { severity: "low", target_s: 7_776_000, open: 0, overdue: 0, ...times },
    ],
  };
}
