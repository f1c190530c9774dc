import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { evidenceOf, plainFacts } from "./evidence";
import { passages, withoutRepeats } from "./prose";
import { scoreData } from "./score-data";

describe("an explanation", () => {
  it("is split at its headings, and steps become a list", () => {
    const read = passages(
      "The bucket is public. Why it matters: anyone can read it. It scores 92 of 100. " +
        "Check first: 1) Close it. 2) Check who read it.",
    );

    expect(read).toEqual([
      { lead: null, text: "The bucket is public.", steps: [] },
      { lead: "Why it matters", text: "Anyone can read it.", steps: [] },
      { lead: null, text: "It scores 92 of 100.", steps: [] },
      { lead: "Check first", text: "", steps: ["Close it.", "Check who read it."] },
    ]);
  });

  it("without headings is one paragraph", () => {
    const text = "A model wrote this (see 2) and nothing else.";

    expect(passages(text)).toEqual([{ lead: null, text, steps: [] }]);
  });

  it("loses no word", () => {
    const piece = fc.constantFrom(
      "Why it matters:",
      "It scores 9 of 100",
      "Score 92 of 100:",
      "Check first:",
      "1)",
      "2)",
      "3)",
      "one",
      "two.",
      "<b>",
    );
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 20 }), (pieces) => {
        const joined = passages(pieces.join(" "))
          .flatMap(({ lead, text, steps }) => [lead ?? "", text, ...steps])
          .join(" ")
          .toLowerCase();
        const words = (text: string) => [...text.matchAll(/one|two|<b>|scores/g)].length;
        expect(words(joined)).toBe(words(pieces.join(" ").toLowerCase()));
      }),
    );
  });
});

describe("an explanation without repeats", () => {
  const finding = { description: "The bucket exports is public.", risk_score: 92 };

  it("drops the description, the score and the steps of the runbook", () => {
    const all = passages(
      "The bucket exports is public. Why it matters: all can read it. It scores 92 of 100. Check first: 1) Close it. 2) Ask.",
    );

    expect(withoutRepeats(all, finding, "1. Close it.\n2. Ask.\n3. Wait.")).toEqual([
      { lead: "Why it matters", text: "All can read it.", steps: [] },
    ]);
  });

  it("keeps steps that the runbook does not have, and an explanation that only repeats", () => {
    const steps = passages("Read this. Check first: 1) Close it. 2) Call her.");
    expect(withoutRepeats(steps, finding, "1. Close it.").at(-1)?.steps).toEqual(["Close it.", "Call her."]);
    expect(withoutRepeats(passages(finding.description), finding, undefined)).toHaveLength(1);
  });
});

describe("the evidence", () => {
  const detection = {
    event_uid: "e1",
    at: "2026-11-20T12:00:00Z",
    source: "sso",
    event_type: "login_failed",
    user: null,
    facts: {},
  };

  it("is null unless it has the known form", () => {
    expect(evidenceOf({ earliest: detection, latest: detection })).toEqual({ earliest: detection, latest: detection });
    expect(evidenceOf({ earliest: detection })).toBeNull();
    expect(evidenceOf({ earliest: "yesterday", latest: null })).toBeNull();
  });

  it("lists the facts with scalar values", () => {
    expect(
      plainFacts({
        ip: "192.0.2.7",
        scopes: ["admin:*", "read"],
        mfa: false,
        lines: 0,
        city: null,
        tags: [],
        location: { city: "Bonn" },
      }),
    ).toEqual([
      ["ip", "192.0.2.7"],
      ["scopes", "admin:*, read"],
      ["mfa", "false"],
      ["lines", "0"],
    ]);
  });
});

describe("the score's data", () => {
  it("is parsed as far as it has the known form", () => {
    const factor = { name: "severity", points: 84, reason: "critical severity" };

    expect(
      scoreData({
        deterministic_score: 92,
        factors: [factor, null],
        model_score: 88,
        drivers: ["public"],
        model: "m-1",
        confidence: 0.8,
      }),
    ).toMatchObject({
      deterministic_score: 92,
      factors: [factor],
      model_score: 88,
      drivers: ["public"],
      confidence: 0.8,
      model: "m-1",
    });
    expect(scoreData(null)).toMatchObject({ factors: [], drivers: [] });
  });
});
