import { describe, expect, it } from "vitest";

import { aFinding } from "@/testing/builders";

import { INITIAL_STATE, reduce } from "./reducer";
import { mergeLive } from "./use-live-list";

const received = (...findings: ReturnType<typeof aFinding>[]) =>
  reduce(INITIAL_STATE, {
    kind: "frames",
    at: 0,
    frames: findings.map((finding) => ({ kind: "finding", position: "1", finding })),
  });
const all = () => true;

describe("a list and the findings received since", () => {
  it("is the same object while nothing in it changed", () => {
    const list = [aFinding({ id: 1 })];

    expect(mergeLive(received(aFinding({ id: 2 })), list, 0, all).items).toBe(list);
  });

  it("updates changed items in place and lists them", () => {
    const list = [aFinding({ id: 1 }), aFinding({ id: 2 })];
    const { items, changed } = mergeLive(received(aFinding({ id: 2, version: 4, detection_count: 9 })), list, 0, all);

    expect(items.map((item) => [item.id, item.detection_count])).toEqual([
      [1, 1],
      [2, 9],
    ]);
    expect([...changed]).toEqual([[aFinding({ id: 2 }).uid, 1]]);
  });

  it("has matching findings as pending that it lacks and that were received after it was requested", () => {
    const state = received(
      aFinding({ id: 7 }),
      aFinding({ id: 8 }),
      aFinding({ id: 9, severity: "low" }),
      aFinding({ id: 1 }),
    );
    const { pending } = mergeLive(state, [aFinding({ id: 1 })], 1, (finding) => finding.severity === "critical");

    expect(pending.map(({ finding }) => finding.id)).toEqual([8]);
  });

  it("is stale when a change was evicted that it may lack", () => {
    const state = { ...received(aFinding({ id: 1 })), evictedAt: 5 };

    expect(mergeLive(state, [], 4, all).stale).toBe(true);
    expect(mergeLive(state, [], 5, all).stale).toBe(false);
  });
});
