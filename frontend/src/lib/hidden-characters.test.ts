import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { hiddenCharacters, withVisibleCharacters } from "./hidden-characters";

describe("hidden characters", () => {
  it.each([
    ["a right-to-left override", "invoice\u202Efdp.exe", "invoice[U+202E]fdp.exe"],
    ["an isolate", "\u2066admin\u2069", "[U+2066]admin[U+2069]"],
    ["a zero-width space", "ad\u200Bmin@example.com", "ad[U+200B]min@example.com"],
    ["a byte order mark", "\uFEFFroot", "[U+FEFF]root"],
    ["a soft hyphen", "pay\u00ADroll", "pay[U+00AD]roll"],
    ["a NUL and an escape", "a\u0000b\u001B[31m", "a[U+0000]b[U+001B][31m"],
    ["a tag", "x\u{E0041}", "x[U+E0041]"],
    ["a Hangul filler", "\u3164", "[U+3164]"],
    ["a joiner between letters", "ad\u200Dmin", "ad[U+200D]min"],
  ])("shows %s", (_, text, visible) => {
    expect(withVisibleCharacters(text)).toBe(visible);
  });

  it.each(["plain text", "tab\tand\nlines", "Ägypten — שלום مرحبا", "👩‍💻 ❤️ 👍🏽", ""])("leaves %j as it is", (text) => {
    expect(withVisibleCharacters(text)).toBe(text);
  });

  it("loses nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(
          hiddenCharacters(text)
            .map((piece) => piece.text)
            .join(""),
        ).toBe(text);
      }),
    );
  });
});
