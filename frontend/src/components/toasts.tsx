import { CircleAlert, CircleCheck, X } from "lucide-react";
import { useEffect } from "react";

import { dismiss, type Toast, useToasts } from "@/lib/toast";

import { Button } from "./button";
import { VisibleText } from "./visible-text";

const VISIBLE_MS = { plain: 4000, error: 12_000 };

/** The area of toast messages; a live region for screen readers. */
export function Toasts() {
  const shown = useToasts();
  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-18 z-50 flex w-80 max-w-[calc(100vw-2rem)] flex-col gap-2 md:bottom-4 print:hidden"
    >
      {shown.map((each) => (
        <Message key={each.id} {...each} />
      ))}
    </div>
  );
}

function Message({ id, text, tone }: Toast) {
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), VISIBLE_MS[tone]);
    return () => clearTimeout(timer);
  }, [id, tone]);
  return (
    <div className="pointer-events-auto flex animate-in-up items-start gap-2 rounded-md border bg-raised p-2 pl-3 shadow-float">
      {tone === "error" ? (
        <CircleAlert aria-hidden className="mt-1 size-4 shrink-0 text-critical-ink" />
      ) : (
        <CircleCheck aria-hidden className="mt-1 size-4 shrink-0 text-good-ink" />
      )}
      <p className="min-w-0 flex-1 py-0.5 break-words">
        <VisibleText text={text} />
      </p>
      <Button variant="quiet" size="icon-sm" aria-label="Dismiss" onClick={() => dismiss(id)}>
        <X aria-hidden />
      </Button>
    </div>
  );
}
