import type { Event } from "@/lib/api/events";

export interface Fact {
  name: string;
  value: string;
}

const MOST_LONG = 80;

/** Takes the plain facts of an event for a line of text: what the rules read, else the payload's own fields. */
export function factsOf(event: Pick<Event, "attributes" | "raw_data">, most: number): Fact[] {
  const facts: Fact[] = [];
  for (const [name, value] of Object.entries(event.attributes ?? event.raw_data)) {
    const written = write(value);
    if (written !== null) facts.push({ name, value: written });
    if (facts.length === most) break;
  }
  return facts;
}

function write(value: unknown): string | null {
  if (Array.isArray(value)) {
    const items = value.map(write).filter((item) => item !== null);
    return items.length > 0 ? shorten(items.join(", ")) : null;
  }
  if (typeof value === "string") return value === "" ? null : shorten(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

const shorten = (text: string): string => (text.length > MOST_LONG ? `${text.slice(0, MOST_LONG)}…` : text);
