import { describe, expect, it } from "vitest";

import { aFinding, UNENRICHED } from "@/testing/builders";

import type { Frame } from "./frames";
import { type LiveState, MAX_RECEIVED, INITIAL_STATE, reduce } from "./reducer";

const on: LiveState = { ...INITIAL_STATE, status: "live", position: "0" };
const found = (finding: ReturnType<typeof aFinding>, position = "1"): Frame => ({ kind: "finding", position, finding });
const after = (state: LiveState, ...frames: Frame[]) => reduce(state, { kind: "frames", frames, at: 1000 });
const of = (state: LiveState, id: number) => state.received.get(aFinding({ id }).uid);

const heartbeat = (missing: string[], position = "1"): Frame => ({
  kind: "heartbeat",
  position,
  intervalMs: 5000,
  missing,
});

describe("the stream's reducer", () => {
  it("keeps each finding once, in its newest state, and counts the changes", () => {
    const state = after(
      on,
      found(aFinding({ id: 1 })),
      found(aFinding({ id: 2 })),
      found(aFinding({ id: 1, version: 2, detection_count: 5 }), "3"),
    );

    expect([...state.received.keys()]).toEqual([aFinding({ id: 2 }).uid, aFinding({ id: 1 }).uid]);
    expect(of(state, 1)).toMatchObject({
      finding: { version: 2, detection_count: 5 },
      firstRevision: 1,
      revision: 3,
      receivedAt: 1000,
    });
    expect(state).toMatchObject({ revision: 3, position: "3" });
  });

  it("ignores a repeated frame", () => {
    const once = after(on, found(aFinding()));
    const twice = after(once, found(aFinding()));

    expect(twice.received).toEqual(once.received);
    expect(twice.revision).toBe(1);
  });

  it("ignores an old version, but takes its position", () => {
    const state = after(
      on,
      found(aFinding({ version: 3, severity: "high" }), "5"),
      found(aFinding({ version: 2, severity: "low" }), "6"),
    );

    expect(of(state, 1)?.finding).toMatchObject({ version: 3, severity: "high" });
    expect(state).toMatchObject({ revision: 1, position: "6" });
  });

  it("joins a finding with its score, whichever comes first", () => {
    const raised = found(aFinding({ version: 2, ...UNENRICHED }));
    const scored = found(aFinding({ version: 1, risk_score: 77 }));

    for (const frames of [
      [raised, scored],
      [scored, raised],
    ])
      expect(of(after(on, ...frames), 1)?.finding).toMatchObject({ version: 2, risk_score: 77 });
  });

  it("keeps the last summary", () => {
    const summary = {
      total_events: 1,
      total_findings: 2,
      findings_by_severity: { low: 0, medium: 0, high: 1, critical: 1 },
      suppressed_findings: 0,
      active_exceptions: [],
      unenriched: 0,
      events_per_second: 3,
    };

    expect(after(on, { kind: "summary", position: "9", summary }).summary).toEqual(summary);
  });

  it("keeps a bounded number of findings, and records where it evicted", () => {
    const many = Array.from({ length: MAX_RECEIVED + 3 }, (_, index) => found(aFinding({ id: index + 1 })));
    const state = after(on, ...many);

    expect(state.received.size).toBe(MAX_RECEIVED);
    expect(state.evictedAt).toBe(3);
    expect(of(state, 3)).toBeUndefined();
    expect(of(state, 4)).toBeDefined();
  });

  it("drops everything when the stream cannot continue", () => {
    const state = after(
      after(on, found(aFinding())),
      { kind: "resync", position: "9", reason: "too old" },
      found(aFinding({ id: 2 })),
    );

    expect(state).toMatchObject({ status: "off", position: null, epoch: 1, evictedAt: 1 });
    expect(state.received.size).toBe(0);
  });

  it("is reconnecting after a loss, and continues from its position", () => {
    const lost = reduce(after(on, found(aFinding(), "7")), { kind: "lost" });
    expect(lost).toMatchObject({ status: "reconnecting", position: "7" });

    expect(after(lost, heartbeat([], "7"))).toMatchObject({ status: "live", revision: 1 });
  });

  it("takes a finding of a response like one of the stream", () => {
    const state = reduce(on, { kind: "received", finding: aFinding({ risk_score: 50 }), at: 1 });

    expect(of(state, 1)?.finding.risk_score).toBe(50);
    expect(reduce(state, { kind: "received", finding: aFinding({ risk_score: 50 }), at: 2 })).toBe(state);
  });

  it("counts a recovery when the connection comes back, and when a missing dependency does", () => {
    const lost = reduce(on, { kind: "lost" });
    expect(after(lost, heartbeat([])).recoveries).toBe(1);
    expect(after(on, heartbeat([])).recoveries).toBe(0);

    const withoutKafka = after(on, heartbeat(["kafka"]));
    expect(withoutKafka).toMatchObject({ missing: ["kafka"], recoveries: 0 });
    expect(after(withoutKafka, heartbeat([]))).toMatchObject({ missing: [], recoveries: 1 });
  });
});
