import fc from "fast-check";
import { createLoader, createSerializer } from "nuqs";
import { describe, expect, it } from "vitest";

import type { FindingQuery } from "@/lib/api/findings";
import { SEVERITIES } from "@/lib/severity";
import { instant, type Last, LASTS } from "@/lib/time/period";
import { aFinding } from "@/testing/builders";

import { filterParsers, type Filters, isFiltered, matches, NO_FILTERS, toQuery } from "./filters";

const write = createSerializer(filterParsers);
const read = createLoader(filterParsers);
const NOW = Date.parse("2026-11-25T12:00:00Z");

const text = fc.string({ minLength: 1, maxLength: 30, unit: "binary" }).filter((value) => value.isWellFormed());
const time = fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }).map(instant);
const some = <T>(values: fc.Arbitrary<T>) => fc.uniqueArray(values, { maxLength: 4 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const anyFilters: fc.Arbitrary<Filters> = fc.record({
  severity: some(fc.constantFrom(...SEVERITIES)),
  rule: some(text),
  source: some(text),
  user: maybe(text),
  enriched: maybe(fc.constantFrom("true" as const, "false" as const)),
  risk_min: maybe(fc.integer({ min: 0, max: 100 })),
  q: fc.oneof(fc.constant(""), text),
  last: maybe(fc.constantFrom(...(Object.keys(LASTS) as Last[]))),
  from: maybe(time),
  to: maybe(time),
});

describe("filters in the address", () => {
  it("come back as they were written", () => {
    fc.assert(
      fc.property(anyFilters, (filters) => {
        expect(read(new URL(write("http://localhost/app/findings", filters)))).toEqual(filters);
      }),
    );
  });

  it("leave the address empty when there are none", () => {
    expect(write("/findings", NO_FILTERS)).toBe("/findings");
  });

  it("are none where the address holds nonsense", () => {
    const query = "?severity=terrible&enriched=perhaps&risk_min=lots&last=5y&from=yesterday&to=2026-11-20";

    expect(read(query)).toEqual(NO_FILTERS);
  });

  it("take a link of the overview", () => {
    expect(read("?severity=critical,high&last=24h")).toMatchObject({ severity: ["critical", "high"], last: "24h" });
  });
});

describe("filters as a question to the API", () => {
  it("ask for nothing when there are none", () => {
    expect(Object.values(toQuery(NO_FILTERS, NOW)).every((value) => value === undefined)).toBe(true);
    expect(isFiltered(NO_FILTERS)).toBe(false);
  });

  it("name each filter as the API does", () => {
    const filters: Filters = {
      severity: ["high"],
      rule: ["login_failures"],
      source: ["sso"],
      user: "mona@example.com",
      enriched: "false",
      risk_min: 60,
      q: "bucket",
      last: null,
      from: "2026-11-01T00:00:00Z",
      to: "2026-11-02T00:00:00Z",
    };
    const asked: FindingQuery = {
      severity: ["high"],
      rule: ["login_failures"],
      source: ["sso"],
      user: "mona@example.com",
      enriched: false,
      risk_min: 60,
      q: "bucket",
      from_timestamp: "2026-11-01T00:00:00Z",
      to_timestamp: "2026-11-02T00:00:00Z",
    };

    expect(toQuery(filters, NOW)).toEqual(asked);
    expect(isFiltered(filters)).toBe(true);
  });

  it("count a last while from now", () => {
    expect(toQuery({ ...NO_FILTERS, last: "24h" }, NOW)).toMatchObject({ from_timestamp: "2026-11-24T12:00:00Z" });
  });
});

describe("a finding that the stream tells of", () => {
  const finding = aFinding({ first_seen: "2026-11-20T12:00:00Z", risk_score: 60 });
  const cases: [part: Partial<Filters>, belongs: boolean][] = [
    [{}, true],
    [{ severity: ["critical", "low"] }, true],
    [{ severity: ["low"] }, false],
    [{ rule: ["bucket_made_public"] }, true],
    [{ rule: ["login_failures"] }, false],
    [{ source: ["my-app"] }, true],
    [{ source: ["sso"] }, false],
    [{ user: "mona@example.com" }, true],
    [{ user: "Mona@example.com" }, false],
    [{ enriched: "true" }, true],
    [{ enriched: "false" }, false],
    [{ risk_min: 60 }, true],
    [{ risk_min: 61 }, false],
    [{ q: "STORAGE" }, true],
    [{ q: "mona@" }, true],
    [{ q: "bucket_made" }, true],
    [{ q: "since MONA" }, true],
    [{ q: "tokens" }, false],
    [{ from: "2026-11-20T12:00:00Z" }, true],
    [{ from: "2026-11-20T12:00:01Z" }, false],
    [{ to: "2026-11-20T12:00:00Z" }, false],
    [{ to: "2026-11-20T12:00:01Z" }, true],
    [{ last: "7d" }, true],
    [{ last: "24h" }, false],
  ];

  it.each(cases)("under %j belongs to the list: %s", (part, belongs) => {
    expect(matches({ ...NO_FILTERS, ...part }, finding, NOW)).toBe(belongs);
  });

  it("without a score lies under no least score", () => {
    expect(matches({ ...NO_FILTERS, risk_min: 0 }, aFinding({ risk_score: null }), NOW)).toBe(false);
  });
});
