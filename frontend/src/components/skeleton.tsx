import type { ComponentProps } from "react";

import { cn } from "@/lib/class-names";

/** Placeholder of loading content, in its size. */
export function Skeleton({ className, ...rest }: ComponentProps<"span">) {
  return <span aria-hidden className={cn("block animate-breathe rounded-sm bg-line", className)} {...rest} />;
}

/** Announces loading content and holds its place. */
export function Loading({
  what,
  className,
  children,
}: {
  what: string;
  className?: string;
  children?: React.ReactNode;
}) {
  return (
    <div role="status" aria-label={`Loading ${what}`} className={className}>
      {children}
    </div>
  );
}
