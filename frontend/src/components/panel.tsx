import type { ComponentProps, ReactNode } from "react";

import { cn } from "@/lib/class-names";

/** A card with a heading, the building block of pages. */
export function Panel({
  title,
  aside,
  flush = false,
  className,
  children,
  ...rest
}: Omit<ComponentProps<"section">, "title"> & { title?: ReactNode; aside?: ReactNode; flush?: boolean }) {
  return (
    <section className={cn("min-w-0 rounded-lg border bg-surface shadow-card", className)} {...rest}>
      {title !== undefined && (
        <header className="flex min-h-11 items-center justify-between gap-3 px-4 pt-1">
          <h2 className="text-sm font-semibold">{title}</h2>
          {aside}
        </header>
      )}
      <div className={cn(!flush && "px-4 pb-4", title === undefined && !flush && "pt-4")}>{children}</div>
    </section>
  );
}
