import { useEffect } from "react";

import { type Shortcut, shortcuts, singleKeys } from "./shortcuts";

const SECOND_KEY_MS = 900;

function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement && target.type === "checkbox") return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

/** An open menu or dialog handles keys itself. */
function isHandledElsewhere(target: EventTarget | null): boolean {
  if (document.querySelector("[data-modal]")) return true;
  return target instanceof Element && target.closest("[role=menu], [role=listbox]") !== null;
}

/** Enter on a button or link activates it. */
function activatesControl(event: KeyboardEvent): boolean {
  return (
    event.key === "Enter" && event.target instanceof Element && event.target.closest("a, button, summary") !== null
  );
}

function find(keys: string): Shortcut | undefined {
  return shortcuts.get().findLast((shortcut) => shortcut.keys === keys);
}

/** Runs the registered shortcuts; the layout uses it once. */
export function useKeyboard(): void {
  useEffect(() => {
    let first = "";
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (
        singleKeys.get() === "off" ||
        isTextField(event.target) ||
        isHandledElsewhere(event.target) ||
        activatesControl(event)
      )
        return;
      const key = event.key.length === 1 ? event.key : event.key.toLowerCase();
      const found = find(first ? `${first} ${key}` : key) ?? (first ? find(key) : undefined);
      clearTimeout(timer);
      const opens = !first && shortcuts.get().some((shortcut) => shortcut.keys.startsWith(`${key} `));
      first = opens ? key : "";
      if (opens) timer = setTimeout(() => (first = ""), SECOND_KEY_MS);
      if (!found) return;
      event.preventDefault();
      found.run();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("keydown", onKeyDown);
    };
  }, []);
}
