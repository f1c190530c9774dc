import { expect, it } from "vitest";

import { dayAfter, eventsOf } from "./links";

it("counts days across the ends of months", () => {
  expect([dayAfter("2026-11-30"), dayAfter("2026-03-01", -1)]).toEqual(["2026-12-01", "2026-02-28"]);
});

it.each([
  ["event type", "login_failed", "event_type=login_failed"],
  ["country", "NL", "fact=country%3ANL"],
  ["resource", "bucket my exports", "fact=bucket%3Amy+exports"],
  ["resource", "other thing", ""],
  ["network", "192.0.2.0/24", ""],
])("filters events by a %s where events can be filtered by it", (feature, value, filter) => {
  const rest = "from=2026-11-20T00%3A00%3A00Z&to=2026-11-21T00%3A00%3A00Z";
  expect(eventsOf("mona", "2026-11-20", "2026-11-21", { feature, value })).toBe(
    `/events?user=mona&${filter}${filter && "&"}${rest}`,
  );
  expect(eventsOf(null, "2026-11-20", "2026-11-21", { feature, value })).toBe(
    `/events?${filter}${filter && "&"}${rest}`,
  );
});
