import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { aFinding } from "@/testing/builders";

import { type FindingOrder, isBefore, mergeInOrder, ORDERS, sortKeyOf } from "./ordering";

const less = aFinding({ id: 1, severity: "medium", risk_score: null, detection_count: 2 });
const more = aFinding({
  id: 2,
  severity: "high",
  risk_score: 0,
  detection_count: 3,
  first_seen: "2026-11-21T12:00:00Z",
  last_seen: "2026-11-21T12:00:00Z",
});
const before = (one: typeof less, other: typeof less, order: FindingOrder) =>
  isBefore(sortKeyOf(one, order), sortKeyOf(other, order));

describe("the order of findings", () => {
  it.each(ORDERS)("by %s has the greater first, or last when ascending", (sort) => {
    expect(before(more, less, { sort, order: "desc" })).toBe(true);
    expect(before(less, more, { sort, order: "desc" })).toBe(false);
    expect(before(less, more, { sort, order: "asc" })).toBe(true);
  });

  it("by severity is by first seen among equals, as the API's", () => {
    const earlier = { ...more, id: 9, first_seen: less.first_seen };

    expect(before(more, earlier, { sort: "severity", order: "desc" })).toBe(true);
  });

  it("is by id among equals", () => {
    const twin = { ...less, id: 9 };

    expect(before(twin, less, { sort: "risk_score", order: "desc" })).toBe(true);
    expect(before(twin, less, { sort: "risk_score", order: "asc" })).toBe(false);
  });
});

describe("findings merged into a list", () => {
  const order: FindingOrder = { sort: "risk_score", order: "desc" };
  const withScore = (id: number, risk_score: number) => aFinding({ id, risk_score });

  it("end up as if all had been sorted", () => {
    const scores = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 12 });
    fc.assert(
      fc.property(scores, scores, (one, other) => {
        const sort = (findings: ReturnType<typeof aFinding>[]) =>
          [...findings].sort((a, b) => (before(a, b, order) ? -1 : 1));
        const listed = sort(one.map((score, index) => withScore(index, score)));
        const incoming = other.map((score, index) => withScore(100 + index, score));

        expect(mergeInOrder(listed, incoming, order)).toEqual(sort([...listed, ...incoming]));
      }),
    );
  });

  it("leave the listed findings in their positions", () => {
    const listed = [withScore(1, 10), withScore(2, 90), withScore(3, 50)];

    expect(mergeInOrder(listed, [withScore(4, 60)], order).map(({ id }) => id)).toEqual([4, 1, 2, 3]);
    expect(mergeInOrder(listed, [], order)).toBe(listed);
  });
});
