import type { ReactNode } from "react";

import { Button } from "@/components/button";
import { ChipList } from "@/components/chip-list";
import { words } from "@/lib/format";
import { STATUS_NAMES } from "@/lib/status";

import { SUPPRESSED_NAMES } from "./fields";
import { type Filters, isFiltered, NO_FILTERS, viewOf } from "./filters";

interface Chip {
  key: string;
  text: ReactNode;
  without: Partial<Filters>;
}

function chipsOf(filters: Filters): Chip[] {
  const many = (
    name: "severity" | "rule" | "source" | "state" | "suppressed" | "status" | "assignee" | "label",
    show: (value: string) => string = words,
  ) =>
    (filters[name] as string[]).map((value) => ({
      key: `${name}.${value}`,
      text: show(value),
      without: { [name]: (filters[name] as string[]).filter((each) => each !== value) },
    }));
  const chips: Chip[] = [
    ...chipsOfView(filters),
    ...many("status", (value) => STATUS_NAMES[value as keyof typeof STATUS_NAMES]),
    ...many("assignee", String),
    ...many("label", (value) => `#${value}`),
    ...many("severity"),
    ...many("rule"),
    ...many("source"),
    ...many("state"),
    ...many("suppressed", (value) => SUPPRESSED_NAMES[value as keyof typeof SUPPRESSED_NAMES].toLowerCase()),
  ];
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

/** What the default view adds to the filters that are chosen. */
function chipsOfView(filters: Filters): Chip[] {
  const { status, assignee } = filters;
  const parts = [status.length === 0 && "open", assignee.length === 0 && "unassigned or mine"].filter(Boolean);
  if (viewOf(filters) === "all" || parts.length === 0) return [];
  return [{ key: "view", text: parts.join(", "), without: { view: "all" } }];
}

/** The active filters. */
export function FilterChips({ filters, onChange }: { filters: Filters; onChange: (change: Partial<Filters>) => void }) {
  const chips = chipsOf(filters);
  const filtered = isFiltered(filters);
  if (chips.length === 0 && !filtered)
    return (
      <Button variant="link" size="text" className="text-xs" onClick={() => onChange(NO_FILTERS)}>
        Show my work
      </Button>
    );
  return (
    <ChipList
      label="Active filters"
      chips={chips.map(({ key, text, without }) => ({ key, text, onRemove: () => onChange(without) }))}
      onClear={filtered ? () => onChange(NO_FILTERS) : undefined}
    />
  );
}
