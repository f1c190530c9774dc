export type Zone = "utc" | "local";

export interface TimeFormats {
  /** 25 Nov 2026, 14:03:07 */
  full: (time: string | number | Date) => string;
  /** 25 Nov, 14:03:07; the year too when it is not this one */
  stamp: (time: string | number | Date) => string;
  /** 25 Nov, 14:03; the year too when it is not this one */
  minute: (time: string | number | Date) => string;
  /** 25 Nov */
  day: (time: string | number | Date) => string;
  /** 14:03 */
  clock: (time: string | number | Date) => string;
  /** The zone's own name, for labels: UTC, or Europe/Berlin */
  zone: string;
}

/** Creates the formats of a time zone; dates look the same in every browser language. */
export function timeFormats(zone: Zone): TimeFormats {
  const timeZone = zone === "utc" ? "UTC" : Intl.DateTimeFormat().resolvedOptions().timeZone;
  const format = (options: Intl.DateTimeFormatOptions) => {
    const formatter = new Intl.DateTimeFormat("en-GB", { timeZone, hourCycle: "h23", ...options });
    return (time: string | number | Date) => {
      const date = new Date(time);
      return Number.isNaN(date.getTime()) ? "—" : formatter.format(date);
    };
  };
  const clock: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit" };
  const seconds: Intl.DateTimeFormatOptions = { ...clock, second: "2-digit" };
  const day: Intl.DateTimeFormatOptions = { day: "2-digit", month: "short" };
  const year = format({ year: "numeric" });
  const thisYear = year(Date.now());
  const full = format({ ...day, year: "numeric", ...seconds });
  const withYear = (near: TimeFormats["full"], far: TimeFormats["full"]) => (time: string | number | Date) =>
    year(time) === thisYear ? near(time) : far(time);
  return {
    full,
    stamp: withYear(format({ ...day, ...seconds }), full),
    minute: withYear(format({ ...day, ...clock }), format({ ...day, year: "numeric", ...clock })),
    day: format(day),
    clock: format(clock),
    zone: timeZone,
  };
}
