import { Popover as Radix } from "radix-ui";
import type { ReactNode } from "react";

import { cn } from "@/lib/class-names";

/** A popover opened by a button. */
export function Popover({
  trigger,
  label,
  align = "start",
  className,
  open,
  onOpenChange,
  children,
}: {
  trigger: ReactNode;
  label: string;
  align?: "start" | "end";
  className?: string;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  children: ReactNode;
}) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className={cn("z-50 w-72 animate-in-up rounded-md border bg-raised p-3 text-sm shadow-float", className)}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
