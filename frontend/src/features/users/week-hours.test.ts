import fc from "fast-check";
import { expect, it } from "vitest";

import { shade, weekOf } from "./week-hours";

it("shifts hours to the shown zone, across the ends of days and of the week", () => {
  const late = [{ weekday: 6, hour: 23, count: 5 }];
  expect(weekOf(late, 0)[6]?.[23]).toBe(5);
  expect(weekOf(late, 60)[0]?.[0]).toBe(5);
  expect(weekOf([{ weekday: 0, hour: 0, count: 3 }], -5 * 60)[6]?.[19]).toBe(3);
});

it("loses no event, whatever the zone", () => {
  const counts = fc.array(fc.record({ weekday: fc.nat(6), hour: fc.nat(23), count: fc.nat(1000) }), { maxLength: 50 });
  fc.assert(
    fc.property(counts, fc.integer({ min: -12 * 60, max: 14 * 60 }), (given, shift) => {
      const sum = (numbers: number[]) => numbers.reduce((total, each) => total + each, 0);
      expect(sum(weekOf(given, shift).flat())).toBe(sum(given.map((each) => each.count)));
    }),
  );
});

it("shades every count above zero", () => {
  expect([0, 1, 250, 1000].map((count) => shade(count, 1000))).toEqual([0, 1, 2, 4]);
});
