/** Events in one hour of the week, as the API counts them: in UTC, Monday is 0. */
export interface HourCount {
  weekday: number;
  hour: number;
  count: number;
}

export const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
const HOURS = 24;
const WEEK = WEEKDAYS.length * HOURS;

/**
 * Arranges the hours of a week as seven rows of twenty-four.
 *
 * @param shiftMinutes how far the shown zone is ahead of UTC; a part of an hour moves no event to another cell
 */
export function weekOf(counts: readonly HourCount[], shiftMinutes: number): number[][] {
  const flat = new Array<number>(WEEK).fill(0);
  const shift = Math.floor(shiftMinutes / 60);
  for (const { weekday, hour, count } of counts) {
    const at = (((weekday * HOURS + hour + shift) % WEEK) + WEEK) % WEEK;
    flat[at] = (flat[at] ?? 0) + count;
  }
  return WEEKDAYS.map((_, day) => flat.slice(day * HOURS, (day + 1) * HOURS));
}

/** Maps a count to one of five shades; 0 only for none, on a square root scale so that one busy hour does not hide the others. */
export function shade(count: number, highest: number): 0 | 1 | 2 | 3 | 4 {
  if (count === 0) return 0;
  return Math.max(1, Math.ceil(Math.sqrt(count / highest) * 4)) as 1 | 2 | 3 | 4;
}
