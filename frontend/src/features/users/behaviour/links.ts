const DAY_MS = 86_400_000;
const RESOURCES = new Set(["repository", "bucket", "service", "application", "environment", "database", "resource"]);

/** A UTC day as the API writes it, some days later or earlier. */
export const dayAfter = (day: string, days = 1): string =>
  new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/** A feature's value among events; features that no filter of events has are narrowed by their days alone. */
export interface Value {
  feature: string;
  value: string;
}

/**
 * The page of the events behind a count: those of the user, or of everyone for null, from a day until before another
 * one, with a value as far as events can be filtered by it.
 */
export function eventsOf(user: string | null, since: string, until: string, shown?: Value): string {
  const query = new URLSearchParams();
  if (user !== null) query.set("user", user);
  if (shown?.feature === "event type") query.set("event_type", shown.value);
  if (shown?.feature === "country") query.set("fact", `country:${shown.value}`);
  if (shown?.feature === "resource") {
    const [name = "", ...rest] = shown.value.split(" ");
    if (RESOURCES.has(name)) query.set("fact", `${name}:${rest.join(" ")}`);
  }
  query.set("from", `${since}T00:00:00Z`);
  query.set("to", `${until}T00:00:00Z`);
  return `/events?${query.toString()}`;
}
