import { describe, expect, it } from "vitest";

import { aFinding } from "@/testing/builders";

import { comesBefore, type FindingOrder, ORDERS } from "./ordering";

const less = aFinding({ id: 1, severity: "medium", risk_score: null, detection_count: 2 });
const more = aFinding({
  id: 2,
  severity: "high",
  risk_score: 0,
  detection_count: 3,
  first_seen: "2026-11-21T12:00:00Z",
  last_seen: "2026-11-21T12:00:00Z",
});

describe("the order of findings", () => {
  it.each(ORDERS)("by %s has the greater first, or last when turned round", (sort) => {
    const falling: FindingOrder = { sort, order: "desc" };

    expect(comesBefore(more, less, falling)).toBe(true);
    expect(comesBefore(less, more, falling)).toBe(false);
    expect(comesBefore(less, more, { sort, order: "asc" })).toBe(true);
  });

  it("is by id among equals", () => {
    const twin = { ...less, id: 9 };

    expect(comesBefore(twin, less, { sort: "risk_score", order: "desc" })).toBe(true);
    expect(comesBefore(twin, less, { sort: "risk_score", order: "asc" })).toBe(false);
  });
});
