/** A named selection of a rule's detection, and the fields that it tests. */
export interface Selection {
  name: string;
  fields: readonly string[];
}

const KEY = /^(\s*)(?:- +)?(?:"([^"]+)"|'([^']+)'|([^\s:#'"[\]{}-][^:#]*?)) *:(?:\s|$)/;

/**
 * Reads the selections of a Sigma rule, and the fields that each tests, from its YAML source. It reads the block style that
 * rules are written in; of anything else it returns fewer fields, never wrong ones.
 */
export function selectionsOf(yaml: string): Selection[] {
  const lines = yaml.split("\n");
  const start = lines.findIndex((line) => /^detection:\s*$/.test(line));
  if (start < 0) return [];
  const selections: { name: string; fields: string[] }[] = [];
  let depth: number | null = null;
  for (const line of lines.slice(start + 1)) {
    if (/^\S/.test(line)) break;
    const match = KEY.exec(line);
    if (!match) continue;
    const indent = (match[1] ?? "").length;
    const key = match[2] ?? match[3] ?? match[4] ?? "";
    depth ??= indent;
    if (indent === depth) {
      if (key !== "condition" && key !== "timeframe") selections.push({ name: key, fields: [] });
    } else addField(selections.at(-1)?.fields, key.split("|")[0] ?? key);
  }
  return selections.filter(({ fields }) => fields.length > 0);
}

/** A term of a condition: a selection that matched, or one that did not. */
export interface Term {
  selection: Selection;
  negated: boolean;
}

/**
 * The terms of a condition that joins selections by `and` alone: since the rule matched, each of them is known to hold.
 * Null for any other condition, where a match does not tell which selections matched.
 */
export function termsOf(yaml: string): Term[] | null {
  const condition = /^ +condition:\s*['"]?([\w\s]+?)['"]?\s*$/m.exec(yaml)?.[1];
  if (condition === undefined || /\b(?:or|of)\b/.test(condition)) return null;
  const selections = selectionsOf(yaml);
  return condition.split(/\band\b/).flatMap((part): Term[] => {
    const name = part.trim().replace(/^not\s+/, "");
    const selection = selections.find((each) => each.name === name);
    return selection ? [{ selection, negated: part.trim() !== name }] : [];
  });
}

function addField(fields: string[] | undefined, field: string): void {
  if (fields && !fields.includes(field)) fields.push(field);
}

/** The value of a field in an event's facts; fields may be paths. Undefined where there is none. */
export function valueOf(facts: Record<string, unknown>, field: string): string | undefined {
  const found = field in facts ? facts[field] : field.split(".").reduce<unknown>(step, facts);
  if (found === undefined || found === null || found === "") return undefined;
  return typeof found === "object" ? JSON.stringify(found) : String(found);
}

function step(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}
