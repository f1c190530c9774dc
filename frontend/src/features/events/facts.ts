import type { Event } from "@/lib/api/events";

export interface Fact {
  name: string;
  value: string;
}

const MAX_LENGTH = 80;
/** The API takes no longer ones. */
const MAX_SEARCHED = 1000;

/** Every fact of an event, with the path of nested keys; arrays are no level of it. */
export function allFacts(event: Pick<Event, "attributes" | "raw_data">): Fact[] {
  const facts = new Map<string, Fact>();
  const collect = (value: unknown, name: string) => {
    if (Array.isArray(value)) value.forEach((item) => collect(item, name));
    else if (typeof value === "object" && value !== null)
      Object.entries(value).forEach(([key, item]) => collect(item, name ? `${name}.${key}` : key));
    else if (name) facts.set(`${name}\n${String(value)}`, { name, value: String(value) });
  };
  collect(event.attributes ?? event.raw_data, "");
  return [...facts.values()];
}

/** A fact as the API searches it; null where it is too long for that. */
export function searchOf({ name, value }: Fact): string | null {
  const text = `${name.includes(":") ? `"${name}"` : name}:${value}`;
  return text.length > MAX_SEARCHED ? null : text;
}

/** The scalar facts of an event for one line: the normalized ones, else the payload's own fields. */
export function factsOf(event: Pick<Event, "attributes" | "raw_data">, max: number): Fact[] {
  const facts: Fact[] = [];
  for (const [name, value] of Object.entries(event.attributes ?? event.raw_data ?? {})) {
    const text = format(value);
    if (text !== null) facts.push({ name, value: text });
    if (facts.length === max) break;
  }
  return facts;
}

function format(value: unknown): string | null {
  if (Array.isArray(value)) {
    const items = value.map(format).filter((item) => item !== null);
    return items.length > 0 ? shorten(items.join(", ")) : null;
  }
  if (typeof value === "string") return value === "" ? null : shorten(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

const shorten = (text: string): string => (text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text);
