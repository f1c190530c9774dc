import fc from "fast-check";
import { expect, it } from "vitest";

import { gather, labelled } from "./buckets";

const steps = fc
  .array(fc.nat(1000), { maxLength: 400 })
  .map((counts) => ({ buckets: counts.map((count, index) => ({ start: index * 60, count })), stepMs: 60 }));

it("joins neighbours without losing a count or a time", () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 130 }), (given, most) => {
      const joined = gather(given, most);
      const sum = (all: { count: number }[]) => all.reduce((total, each) => total + each.count, 0);
      expect(sum(joined.buckets)).toBe(sum(given.buckets));
      expect(joined.buckets.length).toBeLessThanOrEqual(most);
      joined.buckets.forEach((bucket, index) => expect(bucket.start).toBe(index * joined.stepMs));
    }),
  );
});

it("writes at most so many labels, the first bar's among them", () => {
  expect(labelled(7, 6)).toEqual([0, 2, 4, 6]);
  expect(labelled(0, 6)).toEqual([]);
  expect(labelled(120, 6)).toHaveLength(6);
});
