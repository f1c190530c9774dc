import { useSyncExternalStore } from "react";

export interface Toast {
  id: number;
  text: string;
  tone: "plain" | "error";
}

const MAX_TOASTS = 3;
let shown: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();

function show(next: readonly Toast[]): void {
  shown = next;
  for (const listener of listeners) listener();
}

/** Shows a message in a corner of the window; it disappears after a while. */
export function toast(text: string, tone: Toast["tone"] = "plain"): void {
  last += 1;
  show([...shown, { id: last, text, tone }].slice(-MAX_TOASTS));
}

/** Removes a message. */
export function dismiss(id: number): void {
  show(shown.filter((each) => each.id !== id));
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    () => shown,
  );
}
