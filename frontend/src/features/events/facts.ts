import type { Event } from "@/lib/api/events";

export interface Fact {
  name: string;
  value: string;
}

const MAX_LENGTH = 80;

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
