import { CalendarClock, Check } from "lucide-react";
import { useState } from "react";

import { cn } from "@/lib/class-names";
import { ALWAYS, instant, type Last, LAST_TITLES, LASTS, type Period, periodTitle } from "@/lib/time/period";
import { useTime, zone } from "@/lib/time/use-time";

import { Button } from "./button";
import { Popover } from "./popover";

/** Time range picker: a relative period, or two times in the zone that times are shown in. */
export function TimeRange({ value, onChange }: { value: Period; onChange: (period: Period) => void }) {
  const [open, setOpen] = useState(false);
  const time = useTime();
  const select = (period: Period) => {
    onChange(period);
    setOpen(false);
  };
  const selected = value.last !== null || value.from !== null || value.to !== null;
  return (
    <Popover
      label="Time range"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button className={cn("max-w-72 min-w-0 font-normal", selected && "border-accent")}>
          <CalendarClock aria-hidden />
          <span className="truncate">{periodTitle(value, time)}</span>
        </Button>
      }
    >
      <ul className="-mx-1">
        <Choice title="All time" selected={!selected} onSelect={() => select(ALWAYS)} />
        {(Object.keys(LASTS) as Last[]).map((last) => (
          <Choice
            key={last}
            title={LAST_TITLES[last]}
            selected={value.last === last}
            onSelect={() => select({ ...ALWAYS, last })}
          />
        ))}
      </ul>
      <Between key={`${value.from} ${value.to}`} value={value} onSelect={select} />
    </Popover>
  );
}

function Choice({ title, selected, onSelect }: { title: string; selected: boolean; onSelect: () => void }) {
  return (
    <li>
      <button
        type="button"
        aria-pressed={selected}
        onClick={onSelect}
        className="flex h-8 w-full items-center justify-between rounded-sm px-2 text-left hover:bg-sunken"
      >
        {title}
        {selected && <Check aria-hidden className="size-4 text-accent" />}
      </button>
    </li>
  );
}

function Between({ value, onSelect }: { value: Period; onSelect: (period: Period) => void }) {
  const inZone = zone.use();
  const [from, setFrom] = useState(() => toField(value.from, inZone));
  const [to, setTo] = useState(() => toField(value.to, inZone));
  const wrong = from !== "" && to !== "" && from >= to;
  return (
    <form
      className="mt-2 grid gap-2 border-t pt-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) onSelect({ last: null, from: ofField(from, inZone), to: ofField(to, inZone) });
      }}
    >
      {[
        { label: "From", text: from, set: setFrom },
        { label: "To", text: to, set: setTo },
      ].map(({ label, text, set }) => (
        <label key={label} className="grid grid-cols-[3rem_1fr] items-center text-ink-2">
          {label}
          <input
            type="datetime-local"
            value={text}
            onChange={(event) => set(event.target.value)}
            aria-invalid={wrong}
            className="tabular h-8 min-w-0 rounded-md border border-line-strong bg-surface px-2 text-ink"
          />
        </label>
      ))}
      {wrong && (
        <p role="alert" className="text-xs text-critical-ink">
          The end must be after the start.
        </p>
      )}
      <div className="flex items-center justify-between">
        <span className="text-xs text-ink-3">{inZone === "utc" ? "In UTC" : "In local time"}</span>
        <Button type="submit" variant="solid" size="sm" disabled={wrong || (from === "" && to === "")}>
          Apply
        </Button>
      </div>
    </form>
  );
}

const FIELD_LENGTH = "2026-11-25T14:03".length;

function toField(time: string | null, inZone: "utc" | "local"): string {
  if (time === null) return "";
  const at = new Date(time);
  const shift = inZone === "local" ? at.getTimezoneOffset() * 60_000 : 0;
  return new Date(at.getTime() - shift).toISOString().slice(0, FIELD_LENGTH);
}

function ofField(text: string, inZone: "utc" | "local"): string | null {
  return text === "" ? null : instant(inZone === "utc" ? `${text}Z` : text);
}
