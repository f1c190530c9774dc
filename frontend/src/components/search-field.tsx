import { Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { cn } from "@/lib/class-names";
import { shortcuts } from "@/lib/keyboard/shortcuts";

import { Kbd } from "./kbd";

const DEBOUNCE_MS = 250;

/** Debounced search field. `/` focuses it, Escape clears and leaves it. */
export function SearchField({
  value,
  onChange,
  label,
  className,
}: {
  value: string;
  onChange: (value: string) => void;
  label: string;
  className?: string;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const shown = typed ?? value;

  useEffect(() => {
    if (typed === null) return;
    const timer = setTimeout(() => {
      onChange(typed.trim());
      setTyped(null);
    }, DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [typed, onChange]);

  const focusAll = () => {
    input.current?.focus();
    input.current?.select();
  };
  shortcuts.useAdd([{ keys: "/", action: label, group: "List", run: focusAll }]);
  return (
    <div className={cn("relative", className)}>
      <Search aria-hidden className="absolute top-2 left-2.5 size-4 text-ink-3" />
      <input
        ref={input}
        type="search"
        aria-label={label}
        placeholder={label}
        value={shown}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          if (shown) setTyped("");
          else input.current?.blur();
        }}
        className="h-8 w-full rounded-md border border-line-strong bg-surface pr-8 pl-8 placeholder:text-ink-3 [&::-webkit-search-cancel-button]:hidden"
      />
      {shown ? (
        <button
          type="button"
          aria-label="Clear search"
          onClick={() => setTyped("")}
          className="absolute top-1 right-1.5 grid size-6 place-items-center rounded-sm text-ink-3 hover:text-ink"
        >
          <X aria-hidden className="size-3.5" />
        </button>
      ) : (
        <Kbd aria-hidden className="absolute top-1.5 right-2 hidden border-line sm:inline-grid">
          /
        </Kbd>
      )}
    </div>
  );
}
