import { X } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "./button";

export interface Chip {
  key: string;
  text: ReactNode;
  onRemove: () => void;
}

/** The active filters, each with a button that removes it. */
export function ChipList({
  chips,
  label,
  onClear,
}: {
  chips: readonly Chip[];
  label: string;
  /** Removes all filters, also those without a chip; without it there are none to remove. */
  onClear?: () => void;
}) {
  return (
    <ul aria-label={label} className="flex min-w-0 flex-wrap items-center gap-1.5">
      {chips.map(({ key, text, onRemove }) => (
        <li
          key={key}
          className="inline-flex h-7 max-w-64 items-center rounded-full bg-accent-tint pl-2.5 text-xs text-accent-strong"
        >
          <span className="truncate">{text}</span>
          <button
            type="button"
            aria-label={`Remove the filter ${key.replace(".", " ")}`}
            onClick={onRemove}
            className="grid size-7 shrink-0 place-items-center rounded-full hover:text-ink"
          >
            <X aria-hidden className="size-3.5" />
          </button>
        </li>
      ))}
      {onClear && (
        <li>
          <Button variant="quiet" size="sm" onClick={onClear}>
            Clear all
          </Button>
        </li>
      )}
    </ul>
  );
}
