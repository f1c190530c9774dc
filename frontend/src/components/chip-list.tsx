import { X } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "./button";

export interface Chip {
  key: string;
  text: ReactNode;
  onRemove: () => void;
}

/** What is chosen, each with the cross that takes it away. */
export function ChipList({
  chips,
  label,
  onClear,
}: {
  chips: readonly Chip[];
  label: string;
  /** Takes all away, and whatever else is set but is no chip. */
  onClear: () => void;
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
            aria-label={`Without the filter ${key.replace(".", " ")}`}
            onClick={onRemove}
            className="grid size-7 shrink-0 place-items-center rounded-full hover:text-ink"
          >
            <X aria-hidden className="size-3.5" />
          </button>
        </li>
      ))}
      <li>
        <Button look="quiet" size="sm" onClick={onClear}>
          Clear all
        </Button>
      </li>
    </ul>
  );
}
