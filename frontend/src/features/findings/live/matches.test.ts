import { describe, expect, it } from "vitest";

import type { FindingFilter } from "@/lib/api/findings";
import { aFinding } from "@/testing/builders";

import { matches } from "./matches";

const finding = aFinding({
  first_seen: "2026-11-20T12:00:00.000500Z",
  risk_score: 60,
  title: "Σίσυφος Public storage GROẞ İzmir",
});

const cases: [filter: FindingFilter, matched: boolean][] = [
  [{}, true],
  [{ severity: ["critical", "low"] }, true],
  [{ severity: ["low"] }, false],
  [{ rule: ["bucket_made_public"] }, true],
  [{ rule: ["login_failures"] }, false],
  [{ source: ["my-app"] }, true],
  [{ source: ["sso"] }, false],
  [{ user: "mona@example.com" }, true],
  [{ user: "Mona@example.com" }, false],
  [{ enriched: true }, true],
  [{ enriched: false }, false],
  [{ risk_min: 60 }, true],
  [{ risk_min: 61 }, false],
  [{ q: "STORAGE" }, true],
  [{ q: "σίσυφοσ" }, true],
  [{ q: "gross i̇zmir" }, true],
  [{ q: "GROSS ızmir" }, false],
  [{ q: "mona@" }, true],
  [{ q: "bucket_made" }, true],
  [{ q: "since MONA" }, true],
  [{ q: "tokens" }, false],
  [{ from_date: "2026-11-20" }, true],
  [{ from_date: "2026-11-21" }, false],
  [{ to_date: "2026-11-20" }, true],
  [{ to_date: "2026-11-19" }, false],
  [{ from_timestamp: "2026-11-20T12:00:00.0005Z" }, true],
  [{ from_timestamp: "2026-11-20T12:00:00.000501Z" }, false],
  [{ to_timestamp: "2026-11-20T12:00:00.0005Z" }, false],
  [{ to_timestamp: "2026-11-20T13:00:00.000501+01:00" }, true],
  [{ severity: ["critical"], user: "ada@example.com" }, false],
];

describe("the filter of live findings", () => {
  it.each(cases)("%j matches: %s", (filter, matched) => {
    expect(matches(filter, finding)).toBe(matched);
  });

  it("excludes a finding without a score from every minimum score", () => {
    expect(matches({ risk_min: 0 }, aFinding({ risk_score: null }))).toBe(false);
  });

  it("excludes a finding without a source from every source", () => {
    expect(matches({ source: ["sso"] }, aFinding({ source: null }))).toBe(false);
  });
});
