import { describe, expect, it } from "vitest";

import { ALWAYS, bounds, length, periodTitle, within } from "./period";
import { timeFormats } from "./zone";

const NOW = Date.parse("2026-11-25T12:00:00Z");
const between = { last: null, from: "2026-11-01T00:00:00Z", to: "2026-11-02T00:00:00Z" };

describe("a period", () => {
  it("that ends now has no end, so that what happens meanwhile belongs to it", () => {
    expect(bounds({ ...ALWAYS, last: "1h" }, NOW)).toEqual({ from: "2026-11-25T11:00:00Z" });
  });

  it("has its beginning and not its end", () => {
    expect(within(between, "2026-11-01T00:00:00Z", NOW)).toBe(true);
    expect(within(between, "2026-11-01T23:59:59.999Z", NOW)).toBe(true);
    expect(within(between, "2026-11-02T00:00:00Z", NOW)).toBe(false);
    expect(within(ALWAYS, "1970-01-01T00:00:00Z", NOW)).toBe(true);
  });

  it("is formatted for people", () => {
    const utc = { ...timeFormats("utc"), stamp: (time: unknown) => String(time).slice(0, 10) };

    expect(periodTitle(ALWAYS, utc)).toBe("All time");
    expect(periodTitle({ ...ALWAYS, last: "7d" }, utc)).toBe("Last 7 days");
    expect(periodTitle(between, utc)).toBe("2026-11-01 – 2026-11-02");
    expect(periodTitle({ ...between, to: null }, utc)).toBe("Since 2026-11-01");
    expect(periodTitle({ ...between, from: null }, utc)).toBe("Before 2026-11-02");
    expect(length(between.from, between.to)).toBe("1 d");
  });
});

describe("times in UTC", () => {
  const formats = timeFormats("utc");

  it("are written one way, whatever the browser's language", () => {
    expect(formats.full("2024-02-03T04:05:06Z")).toBe("03 Feb 2024, 04:05:06");
    expect(formats.stamp("2024-02-03T04:05:06Z")).toBe("03 Feb 2024, 04:05:06");
    expect(formats.minute("2024-02-03T04:05:06Z")).toBe("03 Feb 2024, 04:05");
    expect(formats.clock("2024-02-03T00:05:06Z")).toBe("00:05");
    expect(formats.zone).toBe("UTC");
  });

  it("leave out this year", () => {
    const year = new Date().getUTCFullYear();
    expect(formats.stamp(`${year}-02-03T04:05:06Z`)).toBe("03 Feb, 04:05:06");
  });

  it("are a dash when they are none", () => {
    expect(formats.stamp("never")).toBe("—");
  });
});
