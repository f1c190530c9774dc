import type { ComponentProps } from "react";

import { cn } from "@/lib/class-names";

/** A keyboard key. */
export function Kbd({ className, ...rest }: ComponentProps<"kbd">) {
  return (
    <kbd
      className={cn(
        "inline-grid h-5 min-w-5 place-items-center rounded-sm border border-line-strong bg-surface px-1 font-mono text-2xs text-ink-2",
        className,
      )}
      {...rest}
    />
  );
}
