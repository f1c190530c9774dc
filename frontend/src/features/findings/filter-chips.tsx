import { X } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "@/components/button";
import { words } from "@/lib/format";

import { type Filters, isFiltered, NO_FILTERS } from "./filters";

interface Chip {
  key: string;
  text: ReactNode;
  without: Partial<Filters>;
}

function chipsOf(filters: Filters): Chip[] {
  const many = (name: "severity" | "rule" | "source") =>
    (filters[name] as string[]).map((value) => ({
      key: `${name}.${value}`,
      text: words(value),
      without: { [name]: (filters[name] as string[]).filter((each) => each !== value) },
    }));
  const chips: Chip[] = [...many("severity"), ...many("rule"), ...many("source")];
  if (filters.user !== null) chips.push({ key: "user", text: filters.user, without: { user: null } });
  if (filters.enriched !== null)
    chips.push({
      key: "enriched",
      text: filters.enriched === "true" ? "enriched" : "not enriched yet",
      without: { enriched: null },
    });
  if (filters.risk_min !== null)
    chips.push({ key: "risk_min", text: `risk ${filters.risk_min} or more`, without: { risk_min: null } });
  return chips;
}

/** The filters that are set, each with the cross that takes it away. */
export function FilterChips({ filters, onChange }: { filters: Filters; onChange: (change: Partial<Filters>) => void }) {
  const chips = chipsOf(filters);
  if (!isFiltered(filters)) return null;
  return (
    <ul aria-label="Filters that are set" className="flex min-w-0 flex-wrap items-center gap-1.5">
      {chips.map(({ key, text, without }) => (
        <li
          key={key}
          className="inline-flex h-7 max-w-64 items-center rounded-full bg-accent-tint pl-2.5 text-xs text-accent-strong"
        >
          <span className="truncate">{text}</span>
          <button
            type="button"
            aria-label={`Without the filter ${key.replace(".", " ")}`}
            onClick={() => onChange(without)}
            className="grid size-7 shrink-0 place-items-center rounded-full hover:text-ink"
          >
            <X aria-hidden className="size-3.5" />
          </button>
        </li>
      ))}
      <li>
        <Button look="quiet" size="sm" onClick={() => onChange(NO_FILTERS)}>
          Clear all
        </Button>
      </li>
    </ul>
  );
}
