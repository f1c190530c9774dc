import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { tokensOf } from "./highlight";

const kinds = (text: string, language: "json" | "yaml") =>
  tokensOf(text, language)
    .filter((token) => token.kind !== "plain" && token.kind !== "mark")
    .map(({ kind, text }) => [kind, text]);

describe("colouring", () => {
  it.each(["json", "yaml"] as const)("leaves every %s document as it is", (language) => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(
          tokensOf(text, language)
            .map((token) => token.text)
            .join(""),
        ).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.json({ maxDepth: 3 }), (text) => {
        expect(
          tokensOf(text, language)
            .map((token) => token.text)
            .join(""),
        ).toBe(text);
      }),
    );
  });

  it("distinguishes the tokens of JSON", () => {
    expect(kinds('{"a": "b \\" : c", "n": -1.5e3, "t": [true, null]}', "json")).toEqual([
      ["key", '"a"'],
      ["string", '"b \\" : c"'],
      ["key", '"n"'],
      ["number", "-1.5e3"],
      ["key", '"t"'],
      ["word", "true"],
      ["word", "null"],
    ]);
  });

  it("distinguishes the tokens of YAML", () => {
    const rule = ["title: Many logins # why", "group-by: [user, 3]", "runbook: |", "  1. key: not one", "level: high"];
    expect(kinds(rule.join("\n"), "yaml")).toEqual([
      ["key", "title"],
      ["comment", "# why"],
      ["key", "group-by"],
      ["number", "3"],
      ["key", "runbook"],
      ["string", "  1. key: not one"],
      ["key", "level"],
    ]);
  });
});
