const whole = new Intl.NumberFormat("en-US");
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** Formats a count in full: 12,408. */
export const count = (value: number): string => whole.format(value);

/** Formats a count compactly: 12.4K; below 10,000 in full. */
export const compact = (value: number): string =>
  Math.abs(value) < 10_000 ? whole.format(value) : short.format(value);

/** Formats a rate per second: more digits for smaller rates, and 0 only for none. */
export function rate(perSecond: number): string {
  if (perSecond === 0) return "0";
  if (perSecond < 0.1) return "<0.1";
  return perSecond < 10 ? perSecond.toFixed(1) : compact(Math.round(perSecond));
}

/** Formats a count with its noun: 1 finding, 2 findings. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;

const STEPS: [limit: number, seconds: number, unit: string][] = [
  [60, 1, "s"],
  [3600, 60, "min"],
  [86_400, 3600, "h"],
  [86_400 * 60, 86_400, "d"],
  [86_400 * 365 * 2, 86_400 * 30, "mo"],
  [Infinity, 86_400 * 365, "y"],
];

/** Formats a duration by its largest unit: 45 s, 12 min, 3 h, 9 d. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  for (const [limit, size, unit] of STEPS) if (seconds < limit) return `${Math.floor(seconds / size)} ${unit}`;
  return "";
}

/** Formats a relative time: just now, 12 min ago, in 3 h. */
export function ago(time: string | number | Date, now: number): string {
  const passed = now - new Date(time).getTime();
  // the page's clock advances in steps, and the clocks of machines differ a little
  if (passed > -60_000 && passed < 15_000) return "just now";
  return passed < 0 ? `in ${duration(-passed)}` : `${duration(passed)} ago`;
}

/** Turns an identifier into words: login_failed → login failed. */
export const words = (name: string): string => name.replaceAll("_", " ");
