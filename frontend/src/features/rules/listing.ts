import { type inferParserType, parseAsArrayOf, parseAsBoolean, parseAsString, parseAsStringLiteral } from "nuqs";

import type { Counted } from "@/components/count-bars";
import type { Rule } from "@/lib/api/rules";
import { SEVERITIES } from "@/lib/severity";

export const ORDERS = ["title", "level", "family", "findings", "detections", "last_hit"] as const;

/** The URL parameters of the list: filters and order. */
export const ruleParsers = {
  q: parseAsString.withDefault(""),
  level: parseAsArrayOf(parseAsStringLiteral(SEVERITIES)).withDefault([]),
  family: parseAsArrayOf(parseAsString).withDefault([]),
  framework: parseAsArrayOf(parseAsString).withDefault([]),
  helpers: parseAsBoolean.withDefault(false),
  sort: parseAsStringLiteral(ORDERS).withDefault("findings"),
  order: parseAsStringLiteral(["asc", "desc"]).withDefault("desc"),
};

export type Listing = inferParserType<typeof ruleParsers>;
export const FACETS = ["level", "family", "framework"] as const;
export type RuleFacet = (typeof FACETS)[number];

const valuesOf = (rule: Rule, facet: RuleFacet): string[] =>
  facet === "framework" ? [...new Set(rule.controls.map((control) => control.framework))] : [rule[facet]];

function matches(rule: Rule, listing: Listing, without?: RuleFacet): boolean {
  // a helper rule raises no findings: it has no severity and no figures to compare
  if (rule.helper && !listing.helpers) return false;
  const q = listing.q.toLowerCase();
  const texts = [
    rule.title,
    rule.rule_name,
    rule.description,
    ...rule.tags,
    ...rule.controls.map((each) => each.control),
  ];
  if (q && !texts.some((text) => text.toLowerCase().includes(q))) return false;
  return FACETS.every((facet) => {
    const selected: readonly string[] = listing[facet];
    return (
      facet === without || selected.length === 0 || valuesOf(rule, facet).some((value) => selected.includes(value))
    );
  });
}

/** Filters and sorts the rules; ties go by title. */
export function listed(rules: readonly Rule[], listing: Listing): Rule[] {
  const sign = listing.order === "asc" ? 1 : -1;
  return rules
    .filter((rule) => matches(rule, listing))
    .sort((one, other) => sign * compare(one, other, listing.sort) || one.title.localeCompare(other.title));
}

function compare(one: Rule, other: Rule, by: Listing["sort"]): number {
  switch (by) {
    case "level":
      return SEVERITIES.indexOf(other.level) - SEVERITIES.indexOf(one.level);
    case "findings":
    case "detections":
      return one[by] - other[by];
    case "last_hit":
      return Date.parse(one.last_hit ?? "1970-01-01") - Date.parse(other.last_hit ?? "1970-01-01");
    default:
      return one[by].localeCompare(other[by]);
  }
}

/** Counts the rules by a facet, under every filter except its own. */
export function countBy(rules: readonly Rule[], listing: Listing, facet: RuleFacet): Counted[] {
  const counts = new Map<string, number>();
  for (const rule of rules.filter((each) => matches(each, listing, facet)))
    for (const value of valuesOf(rule, facet)) counts.set(value, (counts.get(value) ?? 0) + 1);
  if (facet === "level") return SEVERITIES.map((value) => ({ value, count: counts.get(value) ?? 0 }));
  return [...counts].map(([value, count]) => ({ value, count })).sort((one, other) => other.count - one.count);
}
