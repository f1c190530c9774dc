import type { ReactNode } from "react";

import { Button } from "./button";

/** Buttons of which one is pressed: what a list shows. */
export function ChoiceButtons<Value extends string>({
  label,
  choices,
  chosen,
  onChoose,
  note,
}: {
  label: string;
  /** The titles by value, in their order. */
  choices: Readonly<Record<Value, string>>;
  chosen: Value;
  onChoose: (value: Value) => void;
  /** Rendered behind a title. */
  note?: (value: Value) => ReactNode;
}) {
  return (
    <div role="group" aria-label={label} className="flex flex-wrap gap-1.5 px-4 pb-3">
      {(Object.keys(choices) as Value[]).map((value) => (
        <Button
          key={value}
          size="sm"
          aria-pressed={chosen === value}
          className="aria-pressed:border-accent aria-pressed:text-accent-strong"
          onClick={() => onChoose(value)}
        >
          {choices[value]}
          {note?.(value)}
        </Button>
      ))}
    </div>
  );
}
