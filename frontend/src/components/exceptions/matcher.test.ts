import { describe, expect, it } from "vitest";

import { conditionsOf, isComplete, matcherOf, textsOf } from "./matcher";
import { defaultPeriod } from "./period";

describe("a matcher in a form", () => {
  it("survives a round trip", () => {
    const matcher = {
      rule: ["a", "b"],
      user: ["mona@example.com"],
      source: ["okta.system"],
      tag: ["soc2.cc6.3"],
      group: { user: "mona=1@example.com", bucket: null },
      text: "backup job",
    };
    expect(matcherOf(textsOf(matcher))).toEqual(matcher);
  });

  it("leaves out what is empty, and repeats nothing", () => {
    expect(matcherOf({ ...textsOf({}), rule: " a ,, b, a " })).toEqual({ rule: ["a", "b"] });
    expect(isComplete(matcherOf(textsOf({})))).toBe(false);
  });

  it("is listed by its conditions", () => {
    expect(conditionsOf({ rule: ["a", "b"], group: { x: "1", y: "2" } })).toEqual([
      { name: "Rule", value: "a or b" },
      { name: "Group", value: "x=1 and y=2" },
    ]);
  });
});

describe("the period of a new exception", () => {
  const now = Date.parse("2026-11-25T12:00:00Z");

  it("begins with the first detection and lasts 30 more days, at most the longest period", () => {
    expect(defaultPeriod("2026-11-20T23:59:59Z", now)).toEqual({ from: "2026-11-20", until: "2026-12-25" });
    expect(defaultPeriod("2025-01-01T00:00:00Z", now)).toEqual({ from: "2026-06-28", until: "2026-12-25" });
    expect(defaultPeriod(undefined, now)).toEqual({ from: "2026-10-26", until: "2026-12-25" });
  });
});
