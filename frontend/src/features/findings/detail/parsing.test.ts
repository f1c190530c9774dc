import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { evidenceOf, plainFacts } from "./evidence";
import { passages } from "./prose";
import { scoreData } from "./score-data";

describe("an explanation", () => {
  it("is split at its headings, and steps become a list", () => {
    const read = passages(
      "The bucket is public. Why it matters: everybody can read it. It scores 92 of 100. " +
        "Check first: 1) Close it. 2) Look who read it.",
    );

    expect(read).toEqual([
      { lead: null, text: "The bucket is public.", steps: [] },
      { lead: "Why it matters", text: "Everybody can read it.", steps: [] },
      { lead: null, text: "It scores 92 of 100.", steps: [] },
      { lead: "Check first", text: "", steps: ["Close it.", "Look who read it."] },
    ]);
  });

  it("without headings is one paragraph", () => {
    const text = "A model wrote this (see 2) and nothing else.";

    expect(passages(text)).toEqual([{ lead: null, text, steps: [] }]);
  });

  it("loses no word", () => {
    const piece = fc.constantFrom(
      "Why it matters:",
      "It scores",
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
