import type { ComponentProps } from "react";

import { cn } from "@/lib/class-names";

/** An identifier or command, in monospace. */
export function Code({ className, ...rest }: ComponentProps<"code">) {
  return <code className={cn("rounded-sm bg-sunken px-1 py-0.5 font-mono text-xs text-ink", className)} {...rest} />;
}
