import type { Schema } from "../api/schema";

export type StreamFinding = Schema<"StreamFinding">;
export type StreamSummary = Schema<"StreamSummary">;

/** What the stream sends; `position` is the frame's id and names the place in the stream just after it. */
export type Frame =
  | { kind: "finding"; position: string; finding: StreamFinding }
  | { kind: "summary"; position: string; summary: StreamSummary }
  | { kind: "heartbeat"; position: string }
  | { kind: "resync"; position: string; reason: string };

export const FRAME_KINDS = ["finding", "summary", "heartbeat", "resync"] as const satisfies readonly Frame["kind"][];

/** Reads a frame; null for one that cannot be read, which must not stop the ones after it. */
export function readFrame(kind: Frame["kind"], data: string, position: string): Frame | null {
  let told: unknown;
  try {
    told = JSON.parse(data || "{}");
  } catch {
    return null;
  }
  if (typeof told !== "object" || told === null) return null;
  switch (kind) {
    case "finding":
      return "uid" in told && "version" in told ? { kind, position, finding: told as StreamFinding } : null;
    case "summary":
      return "total_findings" in told ? { kind, position, summary: told as StreamSummary } : null;
    case "resync":
      return { kind, position, reason: "reason" in told ? String(told.reason) : "" };
    case "heartbeat":
      return { kind, position };
  }
}
