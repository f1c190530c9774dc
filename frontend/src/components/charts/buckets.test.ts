import fc from "fast-check";
import { expect, it } from "vitest";

import { mergeBuckets, labelPositions } from "./buckets";

const steps = fc
  .array(fc.nat(1000), { maxLength: 400 })
  .map((counts) => ({ buckets: counts.map((count, index) => ({ start: index * 60, count })), stepMs: 60 }));

it("merges neighbouring buckets without losing a count or a time", () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 130 }), (given, max) => {
      const merged = mergeBuckets(given, max);
      const sum = (all: { count: number }[]) => all.reduce((total, each) => total + each.count, 0);
      expect(sum(merged.buckets)).toBe(sum(given.buckets));
      expect(merged.buckets.length).toBeLessThanOrEqual(max);
      merged.buckets.forEach((bucket, index) => expect(bucket.start).toBe(index * merged.stepMs));
    }),
  );
});

it("places a bounded number of labels, the first at the first bar", () => {
  expect(labelPositions(7, 6)).toEqual([0, 2, 4, 6]);
  expect(labelPositions(0, 6)).toEqual([]);
  expect(labelPositions(120, 6)).toHaveLength(6);
});
