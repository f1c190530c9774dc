import type { Schema } from "../api/schema";

export type StreamFinding = Schema<"StreamFinding">;
export type StreamSummary = Schema<"StreamSummary">;

/** A frame of the stream; `position` is the frame's id and names the place in the stream just after it. */
export type Frame =
  | { kind: "finding"; position: string; finding: StreamFinding }
  | { kind: "summary"; position: string; summary: StreamSummary }
  | { kind: "heartbeat"; position: string; intervalMs: number | null; missing: readonly string[] }
  | { kind: "resync"; position: string; reason: string };

export const FRAME_KINDS = ["finding", "summary", "heartbeat", "resync"] as const satisfies readonly Frame["kind"][];

/** Parses a frame; null for a malformed one, which must not stop the frames after it. */
export function readFrame(kind: Frame["kind"], data: string, position: string): Frame | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(data || "{}");
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null) return null;
  switch (kind) {
    case "finding":
      return "uid" in parsed && "version" in parsed ? { kind, position, finding: parsed as StreamFinding } : null;
    case "summary":
      return "total_findings" in parsed ? { kind, position, summary: parsed as StreamSummary } : null;
    case "resync":
      return { kind, position, reason: "reason" in parsed ? String(parsed.reason) : "" };
    case "heartbeat": {
      const { interval_s, missing } = parsed as Partial<Schema<"StreamHeartbeat">>;
      return {
        kind,
        position,
        intervalMs: typeof interval_s === "number" && interval_s > 0 ? interval_s * 1000 : null,
        missing: Array.isArray(missing) ? missing.map(String) : [],
      };
    }
  }
}
