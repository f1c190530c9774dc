import type { Matcher } from "@/lib/api/exceptions";

/** The conditions of a matcher as the texts of a form. */
export interface MatcherTexts {
  rule: string;
  user: string;
  source: string;
  tag: string;
  group: string;
  text: string;
  sigma: string;
}

const LISTS = ["rule", "user", "source", "tag"] as const;

/** Writes a matcher for a form: lists with commas, a group as field=value. */
export function textsOf(matcher: Matcher): MatcherTexts {
  const list = (name: (typeof LISTS)[number]) => (matcher[name] ?? []).join(", ");
  const group = Object.entries(matcher.group ?? {}).map(([name, value]) => `${name}=${value ?? ""}`);
  return {
    rule: list("rule"),
    user: list("user"),
    source: list("source"),
    tag: list("tag"),
    group: group.join(", "),
    text: matcher.text ?? "",
    sigma: matcher.sigma ?? "",
  };
}

/** Reads the matcher of a form; conditions that are empty are left out. */
export function matcherOf(texts: MatcherTexts): Matcher {
  const matcher: Matcher = {};
  for (const name of LISTS) {
    const values = partsOf(texts[name]);
    if (values.length > 0) matcher[name] = values;
  }
  const group = partsOf(texts.group).map((part) => {
    const at = part.indexOf("=");
    // no value: the group's field is empty
    return at < 0 ? [part, null] : [part.slice(0, at).trim(), part.slice(at + 1).trim() || null];
  });
  if (group.length > 0) matcher.group = Object.fromEntries(group) as Matcher["group"];
  if (texts.text.trim() !== "") matcher.text = texts.text.trim();
  if (texts.sigma.trim() !== "") matcher.sigma = texts.sigma;
  return matcher;
}

/** Whether a matcher has a condition; one without would cover every finding, and the API refuses it. */
export const isComplete = (matcher: Matcher): boolean => Object.keys(matcher).length > 0;

const partsOf = (text: string): string[] => [
  ...new Set(
    text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== ""),
  ),
];

/** Lists the conditions of a matcher, each as a line; a Sigma filter has several and is left out. */
export function conditionsOf(matcher: Matcher): { name: string; value: string }[] {
  const texts = textsOf(matcher);
  const names = { rule: "Rule", user: "User", source: "Source", tag: "Tag", group: "Group", text: "Text" } as const;
  return (Object.keys(names) as (keyof typeof names)[])
    .filter((name) => texts[name] !== "")
    .map((name) => ({ name: names[name], value: texts[name].replaceAll(", ", name === "group" ? " and " : " or ") }));
}
