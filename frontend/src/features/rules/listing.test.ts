import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { aRule } from "@/testing/builders";

import { countBy, type Listing, listed, ORDERS } from "./listing";

const ALL: Listing = { q: "", level: [], family: [], framework: [], helpers: false, sort: "findings", order: "desc" };
const rules = [
  aRule({ rule_id: "1", title: "Repeated failed logins", level: "medium", family: "auth", findings: 4 }),
  aRule({
    rule_id: "2",
    title: "Bucket made public",
    level: "critical",
    family: "storage",
    findings: 9,
    controls: [],
    tags: [],
  }),
  aRule({ rule_id: "3", title: "Admin token", level: "high", family: "api_tokens", findings: 0, last_hit: null }),
];
const titles = (listing: Partial<Listing>) => listed(rules, { ...ALL, ...listing }).map((rule) => rule.title);

describe("the rules that are listed", () => {
  it("include helper rules only on request", () => {
    const all = [...rules, aRule({ rule_id: "9", title: "Failed login", level: "low", helper: true })];

    expect(listed(all, ALL).map(({ title }) => title)).not.toContain("Failed login");
    expect(listed(all, { ...ALL, helpers: true }).map(({ title }) => title)).toContain("Failed login");
    expect(countBy(all, ALL, "level").at(-1)).toEqual({ value: "low", count: 0 });
  });

  it("are found by their names and controls", () => {
    expect(titles({ q: "BUCKET" })).toEqual(["Bucket made public"]);
    expect(titles({ q: "cc6.1" })).toEqual(["Repeated failed logins", "Admin token"]);
  });

  it("match every filter", () => {
    expect(titles({ level: ["critical", "medium"], framework: ["SOC 2"] })).toEqual(["Repeated failed logins"]);
  });

  it("are sorted by severity and not by its name", () => {
    expect(titles({ sort: "level", order: "desc" })).toEqual([
      "Bucket made public",
      "Admin token",
      "Repeated failed logins",
    ]);
  });

  it("put those that never matched last", () => {
    expect(titles({ sort: "last_hit", order: "desc" }).at(-1)).toBe("Admin token");
  });

  it("are the same rules in every order", () => {
    fc.assert(
      fc.property(fc.constantFrom(...ORDERS), fc.constantFrom("asc" as const, "desc" as const), (sort, order) => {
        expect(titles({ sort, order }).toSorted()).toEqual(titles({}).toSorted());
      }),
    );
  });
});

it("counts by a facet under every filter except its own", () => {
  const listing = { ...ALL, family: ["auth"], level: ["medium" as const] };
  expect(countBy(rules, listing, "family")).toEqual([{ value: "auth", count: 1 }]);
  expect(countBy(rules, listing, "level").map(({ count }) => count)).toEqual([0, 0, 1, 0]);
  expect(countBy(rules, { ...ALL, family: ["auth"] }, "family")).toHaveLength(3);
});
