import { CalendarClock, Check } from "lucide-react";
import { useState } from "react";

import { cn } from "@/lib/class-names";
import { ALWAYS, instant, type Last, LAST_TITLES, LASTS, type Period, periodTitle } from "@/lib/time/period";
import { useTime, zone } from "@/lib/time/use-time";

import { Button } from "./button";
import { Popover } from "./popover";

/** Chooses which times count: the last while, or between two times in the zone that times are shown in. */
export function TimeRange({ value, onChange }: { value: Period; onChange: (period: Period) => void }) {
  const [open, setOpen] = useState(false);
  const time = useTime();
  const choose = (period: Period) => {
    onChange(period);
    setOpen(false);
  };
  const chosen = value.last !== null || value.from !== null || value.to !== null;
  return (
    <Popover
      label="Time range"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button className={cn("max-w-72 min-w-0 font-normal", chosen && "border-accent")}>
          <CalendarClock aria-hidden />
          <span className="truncate">{periodTitle(value, time)}</span>
        </Button>
      }
    >
      <ul className="-mx-1">
        <Choice title="All time" chosen={!chosen} onChoose={() => choose(ALWAYS)} />
        {(Object.keys(LASTS) as Last[]).map((last) => (
          <Choice
            key={last}
            title={LAST_TITLES[last]}
            chosen={value.last === last}
            onChoose={() => choose({ ...ALWAYS, last })}
          />
        ))}
      </ul>
      <Between key={`${value.from} ${value.to}`} value={value} onChoose={choose} />
    </Popover>
  );
}

function Choice({ title, chosen, onChoose }: { title: string; chosen: boolean; onChoose: () => void }) {
  return (
    <li>
      <button
        type="button"
        aria-pressed={chosen}
        onClick={onChoose}
        className="flex h-8 w-full items-center justify-between rounded-sm px-2 text-left hover:bg-sunken"
      >
        {title}
        {chosen && <Check aria-hidden className="size-4 text-accent" />}
      </button>
    </li>
  );
}

function Between({ value, onChoose }: { value: Period; onChoose: (period: Period) => void }) {
  const inZone = zone.use();
  const [from, setFrom] = useState(() => toField(value.from, inZone));
  const [to, setTo] = useState(() => toField(value.to, inZone));
  const wrong = from !== "" && to !== "" && from >= to;
  return (
    <form
      className="mt-2 grid gap-2 border-t pt-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) onChoose({ last: null, from: ofField(from, inZone), to: ofField(to, inZone) });
      }}
    >
      {[
        { label: "From", held: from, set: setFrom },
        { label: "To", held: to, set: setTo },
      ].map(({ label, held, set }) => (
        <label key={label} className="grid grid-cols-[3rem_1fr] items-center text-ink-2">
          {label}
          <input
            type="datetime-local"
            value={held}
            onChange={(event) => set(event.target.value)}
            aria-invalid={wrong}
            className="tabular h-8 min-w-0 rounded-md border border-line-strong bg-surface px-2 text-ink"
          />
        </label>
      ))}
      {wrong && (
        <p role="alert" className="text-xs text-critical-ink">
          The end lies before the beginning.
        </p>
      )}
      <div className="flex items-center justify-between">
        <span className="text-xs text-ink-3">{inZone === "utc" ? "In UTC" : "In local time"}</span>
        <Button type="submit" look="solid" size="sm" disabled={wrong || (from === "" && to === "")}>
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
