import { describe, expect, it } from "vitest";

import { ago, compact, count, duration, plural, rate, words } from "./format";

describe("figures", () => {
  it("write counts in full, and short where there is little room", () => {
    expect(count(12408)).toBe("12,408");
    expect(compact(9999)).toBe("9,999");
    expect(compact(12408)).toBe("12.4K");
    expect(compact(10_000_000)).toBe("10M");
  });

  it("write a rate with more digits the smaller it is, and 0 only for none", () => {
    expect([0, 0.02, 0.34, 3.46, 214.4, 23_000].map(rate)).toEqual(["0", "<0.1", "0.3", "3.5", "214", "23K"]);
  });

  it("agree with their noun", () => {
    expect(plural(1, "finding")).toBe("1 finding");
    expect(plural(2000, "finding")).toBe("2,000 findings");
    expect(plural(0, "entry", "entries")).toBe("0 entries");
  });
});

describe("times", () => {
  it("say how long by the largest unit", () => {
    const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
    expect([0, 59 * second, 90 * minute, 26 * hour, 70 * day, 800 * day].map(duration)).toEqual([
      "0 s",
      "59 s",
      "1 h",
      "1 d",
      "2 mo",
      "2 y",
    ]);
  });

  it("say how far from now, on both sides", () => {
    const now = Date.parse("2026-11-25T12:00:00Z");
    expect(ago("2026-11-25T11:59:58Z", now)).toBe("just now");
    expect(ago("2026-11-25T12:00:07Z", now)).toBe("just now");
    expect(ago("2026-11-25T11:48:00Z", now)).toBe("12 min ago");
    expect(ago("2026-11-25T15:00:00Z", now)).toBe("in 3 h");
  });
});

it("turns names of the wire into words", () => {
  expect(words("storage_bucket_permission_changed")).toBe("storage bucket permission changed");
});
