import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useEffect, useRef } from "react";

import { cn } from "@/lib/class-names";

import { Button } from "./button";

/**
 * Drawer over the right side of the page. It is not modal: the list beside it stays usable, and selecting another row
 * changes what the drawer shows.
 */
export function Sheet({
  open,
  onClose,
  title,
  actions,
  className,
  children,
}: {
  open: boolean;
  onClose: () => void;
  title: ReactNode;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}) {
  const content = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!open) return;
    // what must not lie under the drawer moves aside: see `in-data-drawer`
    document.documentElement.dataset.drawer = "open";
    return () => {
      delete document.documentElement.dataset.drawer;
    };
  }, [open]);
  return (
    <Dialog.Root open={open} modal={false} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Content
          aria-describedby={undefined}
          // the drawer itself takes the focus, not its first button
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            content.current?.focus({ preventScroll: true });
          }}
          // the list returns the focus to the row that the drawer was opened from
          onCloseAutoFocus={(event) => event.preventDefault()}
          ref={content}
          tabIndex={-1}
          onInteractOutside={(event) => event.preventDefault()}
          className={cn(
            "fixed inset-y-0 right-0 z-40 flex w-full animate-in-right flex-col border-l bg-surface shadow-float outline-none sm:w-[min(40rem,calc(100vw-4rem))] print:hidden",
            className,
          )}
        >
          <header className="flex h-12 shrink-0 items-center gap-2 border-b px-4">
            <Dialog.Title className="min-w-0 flex-1 truncate text-sm font-semibold">{title}</Dialog.Title>
            {actions}
            <Dialog.Close asChild>
              <Button variant="quiet" size="icon-sm" aria-label="Close">
                <X aria-hidden />
              </Button>
            </Dialog.Close>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain" tabIndex={-1}>
            {children}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
