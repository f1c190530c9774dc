import { describe, expect, it } from "vitest";

import { aFinding } from "@/testing/builders";

import { NOTHING_YET, reduce } from "./reducer";
import { upToDate } from "./use-live-list";

const news = (...findings: ReturnType<typeof aFinding>[]) =>
  reduce(NOTHING_YET, {
    kind: "frames",
    at: 0,
    frames: findings.map((finding) => ({ kind: "finding", position: "1", finding })),
  });
const all = () => true;

describe("a list and what the stream told since", () => {
  it("is the very same list while nothing of it changed", () => {
    const read = [aFinding({ id: 1 })];

    expect(upToDate(news(aFinding({ id: 2 })), read, 0, all).items).toBe(read);
  });

  it("shows changed items in place and says which they are", () => {
    const read = [aFinding({ id: 1 }), aFinding({ id: 2 })];
    const { items, changed } = upToDate(news(aFinding({ id: 2, version: 4, detection_count: 9 })), read, 0, all);

    expect(items.map((item) => [item.id, item.detection_count])).toEqual([
      [1, 1],
      [2, 9],
    ]);
    expect([...changed]).toEqual([[aFinding({ id: 2 }).uid, 1]]);
  });

  it("has those as fresh that it lacks, that belong to it, and that were told after it was asked for", () => {
    const state = news(
      aFinding({ id: 7 }),
      aFinding({ id: 8 }),
      aFinding({ id: 9, severity: "low" }),
      aFinding({ id: 1 }),
    );
    const { fresh } = upToDate(state, [aFinding({ id: 1 })], 1, (finding) => finding.severity === "critical");

    expect(fresh.map(({ finding }) => finding.id)).toEqual([8]);
  });

  it("is stale when something was forgotten that it may lack", () => {
    const state = { ...news(aFinding({ id: 1 })), forgotten: 5 };

    expect(upToDate(state, [], 4, all).stale).toBe(true);
    expect(upToDate(state, [], 5, all).stale).toBe(false);
  });
});
