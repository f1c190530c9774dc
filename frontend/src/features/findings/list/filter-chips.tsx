import type { ReactNode } from "react";

import { ChipList } from "@/components/chip-list";
import { words } from "@/lib/format";

import { type Filters, isFiltered, NO_FILTERS } from "./filters";

interface Chip {
  key: string;
  text: ReactNode;
  without: Partial<Filters>;
}

function chipsOf(filters: Filters): Chip[] {
  const many = (name: "severity" | "rule" | "source" | "state") =>
    (filters[name] as string[]).map((value) => ({
      key: `${name}.${value}`,
      text: words(value),
      without: { [name]: (filters[name] as string[]).filter((each) => each !== value) },
    }));
  const chips: Chip[] = [...many("severity"), ...many("rule"), ...many("source"), ...many("state")];
  if (filters.user !== null) chips.push({ key: "user", text: filters.user, without: { user: null } });
  if (filters.enriched !== null)
    chips.push({
      key: "enriched",
      text: filters.enriched === "true" ? "scored" : "not scored",
      without: { enriched: null },
    });
  if (filters.risk_min !== null)
    chips.push({ key: "risk_min", text: `risk ${filters.risk_min} or more`, without: { risk_min: null } });
  return chips;
}

/** The active filters. */
export function FilterChips({ filters, onChange }: { filters: Filters; onChange: (change: Partial<Filters>) => void }) {
  if (!isFiltered(filters)) return null;
  return (
    <ChipList
      label="Active filters"
      chips={chipsOf(filters).map(({ key, text, without }) => ({ key, text, onRemove: () => onChange(without) }))}
      onClear={() => onChange(NO_FILTERS)}
    />
  );
}
