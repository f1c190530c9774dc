import { useState } from "react";

import { cn } from "@/lib/class-names";
import { plural } from "@/lib/format";
import { zone } from "@/lib/time/use-time";

import { type HourCount, shade, weekOf, WEEKDAYS } from "./week-hours";

const SHADES = ["bg-sunken", "bg-accent/25", "bg-accent/50", "bg-accent/75", "bg-accent"];
const LABELLED = [0, 6, 12, 18];

/** Heat map of activity by weekday and hour; `noun` is the counted thing, in the singular. */
export function WeekHeatMap({ counts, noun = "event" }: { counts: readonly HourCount[]; noun?: string }) {
  const inZone = zone.use();
  const week = weekOf(counts, inZone === "utc" ? 0 : -new Date().getTimezoneOffset());
  const highest = Math.max(1, ...week.flat());
  const [at, setAt] = useState<{ day: number; hour: number } | null>(null);
  const busiest = busiestOf(week);
  return (
    <div>
      <table
        className="w-full table-fixed border-separate border-spacing-px text-2xs"
        onPointerLeave={() => setAt(null)}
      >
        <caption className="sr-only">
          {noun}s by weekday and hour, {inZone === "utc" ? "UTC" : "local time"}
        </caption>
        <colgroup>
          <col className="w-9" />
        </colgroup>
        <tbody>
          {week.map((hours, day) => (
            <tr key={day}>
              <th scope="row" className="pr-1.5 text-left font-normal text-ink-3">
                <span aria-hidden>{WEEKDAYS[day]?.slice(0, 3)}</span>
                <span className="sr-only">{WEEKDAYS[day]}</span>
              </th>
              {hours.map((count, hour) => (
                <td
                  key={hour}
                  onPointerEnter={() => setAt({ day, hour })}
                  className={cn("h-5 rounded-[2px] p-0 hover:ring-1 hover:ring-ink", SHADES[shade(count, highest)])}
                >
                  <span className="sr-only">{count}</span>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <td />
            {Array.from({ length: 24 }, (_, hour) => (
              <th key={hour} scope="col" className="tabular pt-0.5 text-left font-normal whitespace-nowrap text-ink-3">
                {LABELLED.includes(hour) ? (
                  `${String(hour).padStart(2, "0")}:00`
                ) : (
                  <span className="sr-only">{hour}</span>
                )}
              </th>
            ))}
          </tr>
        </tfoot>
      </table>
      <p className="mt-2 h-5 text-xs text-ink-2">
        {at
          ? describe(week, at.day, at.hour, noun)
          : busiest && <>Busiest: {describe(week, busiest.day, busiest.hour, noun)}</>}
      </p>
    </div>
  );
}

function describe(week: number[][], day: number, hour: number, noun: string): string {
  const clock = (at: number) => `${String(at % 24).padStart(2, "0")}:00`;
  return `${WEEKDAYS[day]}, ${clock(hour)} – ${clock(hour + 1)}: ${plural(week[day]?.[hour] ?? 0, noun)}`;
}

function busiestOf(week: number[][]): { day: number; hour: number } | null {
  const highest = Math.max(...week.flat());
  if (highest === 0) return null;
  const day = week.findIndex((hours) => hours.includes(highest));
  return { day, hour: week[day]?.indexOf(highest) ?? 0 };
}
