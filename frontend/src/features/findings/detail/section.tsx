import type { ReactNode } from "react";

import { cn } from "@/lib/class-names";

/** A section of a finding. */
export function Section({
  title,
  aside,
  className,
  children,
}: {
  title: string;
  aside?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  return (
    <section aria-label={title} className={cn("border-t px-4 py-4 sm:px-5", className)}>
      <div className="mb-2.5 flex min-h-7 items-center justify-between gap-3">
        <h2 className="text-sm font-semibold">{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}
