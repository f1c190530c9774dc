import fc from "fast-check";
import { createLoader, createSerializer } from "nuqs";
import { describe, expect, it } from "vitest";

import type { FindingQuery } from "@/lib/api/findings";
import { SEVERITIES } from "@/lib/severity";
import { OPEN_STATUSES, STATUSES } from "@/lib/status";
import { instant, type Last, LASTS } from "@/lib/time/period";

import { changed, filterParsers, type Filters, inView, isFiltered, NO_FILTERS, toQuery } from "./filters";

const write = createSerializer(filterParsers);
const read = createLoader(filterParsers);
const NOW = Date.parse("2026-11-25T12:00:00Z");

const text = fc.string({ minLength: 1, maxLength: 30, unit: "binary" }).filter((value) => value.isWellFormed());
const time = fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }).map(instant);
const some = <T>(values: fc.Arbitrary<T>) => fc.uniqueArray(values, { maxLength: 4 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const anyFilters: fc.Arbitrary<Filters> = fc.record({
  view: maybe(fc.constantFrom("work" as const, "all" as const)),
  status: some(fc.constantFrom(...STATUSES)),
  assignee: some(text),
  label: some(text),
  severity: some(fc.constantFrom(...SEVERITIES)),
  rule: some(text),
  source: some(text),
  state: some(fc.constantFrom("standing" as const, "withdrawn" as const)),
  suppressed: some(fc.constantFrom("false" as const, "true" as const)),
  user: maybe(text),
  enriched: maybe(fc.constantFrom("true" as const, "false" as const)),
  risk_min: maybe(fc.integer({ min: 0, max: 100 })),
  q: fc.oneof(fc.constant(""), text),
  last: maybe(fc.constantFrom(...(Object.keys(LASTS) as Last[]))),
  from: maybe(time),
  to: maybe(time),
});

describe("filters in the URL", () => {
  it("survive a round trip", () => {
    fc.assert(
      fc.property(anyFilters, (filters) => {
        expect(read(new URL(write("http://localhost/app/findings", filters)))).toEqual(filters);
      }),
    );
  });

  it("leave the URL empty when none is set", () => {
    expect(write("/findings", NO_FILTERS)).toBe("/findings");
  });

  it("ignore invalid values", () => {
    const query = "?severity=terrible&enriched=perhaps&risk_min=lots&last=5y&from=yesterday&to=2026-11-20";

    expect(read(query)).toEqual(NO_FILTERS);
  });

  it("accept a link of the overview", () => {
    expect(read("?severity=critical,high&last=24h")).toMatchObject({ severity: ["critical", "high"], last: "24h" });
  });
});

describe("filters as parameters of the API", () => {
  it("ask for standing findings alone when none is set", () => {
    const { state, suppressed, ...others } = toQuery(NO_FILTERS, NOW);
    expect([state, suppressed]).toEqual([["standing"], [false]]);
    expect(Object.values(others).every((value) => value === undefined)).toBe(true);
    expect(isFiltered(NO_FILTERS)).toBe(false);
  });

  it("name each filter as the API does", () => {
    const filters: Filters = {
      ...NO_FILTERS,
      severity: ["high"],
      rule: ["login_failures"],
      source: ["sso"],
      state: ["withdrawn"],
      suppressed: ["true"],
      user: "mona@example.com",
      enriched: "false",
      risk_min: 60,
      q: "bucket",
      last: null,
      from: "2026-11-01T00:00:00Z",
      to: "2026-11-02T00:00:00Z",
    };
    const expected: FindingQuery = {
      severity: ["high"],
      rule: ["login_failures"],
      source: ["sso"],
      state: ["withdrawn"],
      suppressed: [true],
      user: "mona@example.com",
      enriched: false,
      risk_min: 60,
      q: "bucket",
      from_timestamp: "2026-11-01T00:00:00Z",
      to_timestamp: "2026-11-02T00:00:00Z",
    };

    expect(toQuery(filters, NOW)).toEqual(expected);
    expect(isFiltered(filters)).toBe(true);
  });

  it("resolve a relative period against now", () => {
    expect(toQuery({ ...NO_FILTERS, last: "24h" }, NOW)).toMatchObject({ from_timestamp: "2026-11-24T12:00:00Z" });
  });
});

describe("the default view", () => {
  const mine = { status: OPEN_STATUSES, assignee: ["unassigned", "ada@example.com"] };

  it("has open findings, unassigned or mine", () => {
    expect(inView(NO_FILTERS, "ada@example.com")).toMatchObject(mine);
  });

  it("stays while filters are chosen in it, and gives way to a status or an assignee", () => {
    const critical = changed(NO_FILTERS, { severity: ["critical"] });
    expect(inView(critical, "ada@example.com")).toMatchObject({ ...mine, severity: ["critical"] });

    const resolved = changed(critical, { status: ["resolved"] });
    expect(inView(resolved, "ada@example.com")).toMatchObject({ ...mine, status: ["resolved"] });
  });

  it("is not that of a link with filters, nor of all findings", () => {
    const linked = { ...NO_FILTERS, severity: ["critical" as const] };
    expect(inView(linked, "ada@example.com")).toEqual(linked);
    expect(inView({ ...NO_FILTERS, view: "all" }, "ada@example.com")).toMatchObject({ status: [], assignee: [] });
  });

  it("is left and entered without a trace in the URL", () => {
    const back = changed(changed(NO_FILTERS, { severity: ["low"] }), { severity: [] });
    expect(write("/findings", back)).toBe("/findings");
  });
});
