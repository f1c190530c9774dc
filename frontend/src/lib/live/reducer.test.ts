import { describe, expect, it } from "vitest";

import { aFinding, UNENRICHED } from "@/testing/builders";

import type { Frame } from "./frames";
import { type LiveState, MOST_KEPT, NOTHING_YET, reduce } from "./reducer";

const on: LiveState = { ...NOTHING_YET, status: "live", position: "0" };
const told = (finding: ReturnType<typeof aFinding>, position = "1"): Frame => ({ kind: "finding", position, finding });
const after = (state: LiveState, ...frames: Frame[]) => reduce(state, { kind: "frames", frames, at: 1000 });
const of = (state: LiveState, id: number) => state.told.get(aFinding({ id }).uid);

describe("the stream's reducer", () => {
  it("keeps each finding once, in its newest state, and counts the changes", () => {
    const state = after(
      on,
      told(aFinding({ id: 1 })),
      told(aFinding({ id: 2 })),
      told(aFinding({ id: 1, version: 2, detection_count: 5 }), "3"),
    );

    expect([...state.told.keys()]).toEqual([aFinding({ id: 2 }).uid, aFinding({ id: 1 }).uid]);
    expect(of(state, 1)).toMatchObject({ finding: { version: 2, detection_count: 5 }, since: 1, mark: 3, at: 1000 });
    expect(state).toMatchObject({ mark: 3, position: "3" });
  });

  it("takes a frame that comes twice as one", () => {
    const once = after(on, told(aFinding()));
    const twice = after(once, told(aFinding()));

    expect(twice.told).toEqual(once.told);
    expect(twice.mark).toBe(1);
  });

  it("drops what an old version says, but goes on from its position", () => {
    const state = after(
      on,
      told(aFinding({ version: 3, severity: "high" }), "5"),
      told(aFinding({ version: 2, severity: "low" }), "6"),
    );

    expect(of(state, 1)?.finding).toMatchObject({ version: 3, severity: "high" });
    expect(state).toMatchObject({ mark: 1, position: "6" });
  });

  it("joins a finding with its score, whichever comes first", () => {
    const raised = told(aFinding({ version: 2, ...UNENRICHED }));
    const scored = told(aFinding({ version: 1, risk_score: 77 }));

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
      unenriched: 0,
      events_per_second: 3,
    };

    expect(after(on, { kind: "summary", position: "9", summary }).summary).toEqual(summary);
  });

  it("remembers so many findings and no more, and says up to where it forgot", () => {
    const many = Array.from({ length: MOST_KEPT + 3 }, (_, index) => told(aFinding({ id: index + 1 })));
    const state = after(on, ...many);

    expect(state.told.size).toBe(MOST_KEPT);
    expect(state.forgotten).toBe(3);
    expect(of(state, 3)).toBeUndefined();
    expect(of(state, 4)).toBeDefined();
  });

  it("believes nothing any more when the stream cannot go on", () => {
    const state = after(
      after(on, told(aFinding())),
      { kind: "resync", position: "9", reason: "too old" },
      told(aFinding({ id: 2 })),
    );

    expect(state).toMatchObject({ status: "off", position: null, epoch: 1, forgotten: 1 });
    expect(state.told.size).toBe(0);
  });

  it("tells lost from live, and goes on from where it was", () => {
    const lost = reduce(after(on, told(aFinding(), "7")), { kind: "lost" });
    expect(lost).toMatchObject({ status: "lost", position: "7" });

    expect(after(lost, { kind: "heartbeat", position: "7" })).toMatchObject({ status: "live", mark: 1 });
  });

  it("takes what the API answered like what the stream tells", () => {
    const state = reduce(on, { kind: "told", finding: aFinding({ risk_score: 50 }), at: 1 });

    expect(of(state, 1)?.finding.risk_score).toBe(50);
    expect(reduce(state, { kind: "told", finding: aFinding({ risk_score: 50 }), at: 2 })).toBe(state);
  });
});
