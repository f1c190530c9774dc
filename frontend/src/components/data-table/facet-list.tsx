import { type ReactNode, useId, useState } from "react";

import { cn } from "@/lib/class-names";
import { compact } from "@/lib/format";

import { Button } from "../button";
import { Skeleton } from "../skeleton";

const INITIALLY_SHOWN = 6;

export interface FacetValue {
  value: string;
  count: number;
  /** Its display name, where that differs from the value. */
  title?: string;
}

/** The values of a filter with their counts; selected values are listed even when nothing matches them. */
export function FacetList({
  title,
  values,
  selected,
  onChange,
  single = false,
  show,
}: {
  title: string;
  /** Undefined while they load. */
  values: readonly FacetValue[] | undefined;
  selected: readonly string[];
  onChange: (selected: string[]) => void;
  single?: boolean;
  show?: (value: string) => ReactNode;
}) {
  const [all, setAll] = useState(false);
  const heading = useId();
  const missing = selected.filter((value) => !values?.some((each) => each.value === value));
  const listed = [...missing.map((value): FacetValue => ({ value, count: 0 })), ...(values ?? [])];
  const shown = all ? listed : listed.filter((each, index) => index < INITIALLY_SHOWN || selected.includes(each.value));
  const toggle = (value: string) => {
    const others = selected.filter((each) => each !== value);
    if (others.length < selected.length) onChange(others);
    else onChange(single ? [value] : [...selected, value]);
  };
  return (
    <div role="group" aria-labelledby={heading} className="border-b px-3 py-2.5 last:border-b-0">
      <div className="flex h-6 items-center justify-between">
        <h3 id={heading} className="px-1 text-xs font-medium text-ink-2">
          {title}
        </h3>
        {selected.length > 0 && (
          <Button
            variant="link"
            size="text"
            className="text-xs"
            onClick={() => onChange([])}
            aria-label={`Clear ${title.toLowerCase()}`}
          >
            Clear
          </Button>
        )}
      </div>
      {values === undefined && [0, 1, 2].map((each) => <Skeleton key={each} className="mx-1 my-2.5 h-3" />)}
      {values !== undefined && listed.length === 0 && <p className="px-1 text-xs text-ink-3">None</p>}
      <ul>
        {shown.map(({ value, count, title: name }) => (
          <li key={value}>
            <label
              className={cn(
                "flex min-h-7 cursor-pointer items-center gap-2 rounded-sm px-1 hover:bg-sunken",
                count === 0 && "text-ink-3",
              )}
            >
              <input
                type="checkbox"
                checked={selected.includes(value)}
                onChange={() => toggle(value)}
                className="size-3.5 shrink-0 accent-accent"
              />
              <span className="min-w-0 flex-1 truncate" title={name ?? value}>
                {show ? show(value) : (name ?? value)}
              </span>
              <span className="tabular text-xs text-ink-3">{compact(count)}</span>
            </label>
          </li>
        ))}
      </ul>
      {listed.length > INITIALLY_SHOWN && (
        <Button
          variant="link"
          size="text"
          className="px-1 pt-1 text-xs"
          onClick={() => setAll(!all)}
          aria-expanded={all}
        >
          {all ? "Show fewer" : `Show ${listed.length - INITIALLY_SHOWN} more`}
        </Button>
      )}
    </div>
  );
}
