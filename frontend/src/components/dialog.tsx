import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";

import { cn } from "@/lib/class-names";

import { Button } from "./button";
import { VisibleText } from "./visible-text";

/**
 * Modal dialog. The overlay is our own and not Radix's: that one locks scrolling with an inline style sheet, which the
 * page's content security policy blocks.
 */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  className,
  children,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <div aria-hidden className="fixed inset-0 z-50 animate-fade bg-[oklch(0.15_0.02_228/0.5)]" />
        <Radix.Content
          data-modal
          // the field marked so takes the focus, not the close button
          onOpenAutoFocus={(event) => {
            const field = (event.target as HTMLElement).querySelector<HTMLElement>("[data-autofocus]");
            if (!field) return;
            event.preventDefault();
            field.focus();
          }}
          className={cn(
            "fixed top-[12vh] left-1/2 z-50 max-h-[80vh] w-[min(32rem,calc(100vw-2rem))] -translate-x-1/2 animate-fade overflow-y-auto rounded-lg border bg-raised p-5 shadow-float outline-none",
            className,
          )}
          {...(description === undefined && { "aria-describedby": undefined })}
        >
          <div className="flex items-start justify-between gap-4">
            <Radix.Title className="text-base font-semibold">
              <VisibleText text={title} />
            </Radix.Title>
            <Radix.Close asChild>
              <Button variant="quiet" size="icon-sm" aria-label="Close" className="-mt-1 -mr-1">
                <X aria-hidden />
              </Button>
            </Radix.Close>
          </div>
          {description !== undefined && (
            <Radix.Description asChild>
              <div className="mt-1 text-ink-2">{description}</div>
            </Radix.Description>
          )}
          <div className="mt-4">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
