import { cva, type VariantProps } from "class-variance-authority";
import type { ComponentProps } from "react";

import { cn } from "@/lib/class-names";

const badgeStyle = cva(
  "inline-flex h-5 align-middle max-w-full items-center gap-1 rounded-sm px-1.5 text-xs font-medium whitespace-nowrap [&_svg]:size-3.5 [&_svg]:shrink-0",
  {
    variants: {
      tone: {
        plain: "bg-sunken text-ink-2",
        accent: "bg-accent-tint text-accent-strong",
        outline: "border border-line-strong text-ink-2",
        critical: "bg-critical-tint text-critical-ink",
        high: "bg-high-tint text-high-ink",
        medium: "bg-medium-tint text-medium-ink",
        low: "bg-low-tint text-low-ink",
      },
    },
    defaultVariants: { tone: "plain" },
  },
);

/** A short label that stands out in a line. */
export function Badge({ className, tone, ...rest }: ComponentProps<"span"> & VariantProps<typeof badgeStyle>) {
  return <span className={cn(badgeStyle({ tone }), className)} {...rest} />;
}
