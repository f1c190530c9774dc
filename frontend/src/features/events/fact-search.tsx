import { useId, useMemo, useState } from "react";

import type { Event } from "@/lib/api/events";
import { typedFact } from "@/lib/typed-fact";

import { allFacts, type Fact, searchOf } from "./facts";
import type { Filters } from "./filters";

const MAX_SUGGESTIONS = 30;
/** Columns of an event, which have filters of their own. */
const COLUMNS = { user: "user", type: "event_type", event_type: "event_type", source: "source" } as const;

/** Search for a fact, written as `key: value`; it completes the keys and values of the loaded events. */
export function FactSearch({
  events,
  onSearch,
  className,
}: {
  events: readonly Event[] | undefined;
  /** Called with the filter to add. */
  onSearch: (found: Partial<Filters>) => void;
  className?: string;
}) {
  const [typed, setTyped] = useState("");
  const [refused, setRefused] = useState(false);
  const id = useId();
  const facts = useMemo(() => (events ?? []).flatMap(allFacts), [events]);
  const suggestions = useMemo(() => suggest(facts, typed), [facts, typed]);
  const search = (text: string) => {
    const fact = typedFact(text);
    setRefused(fact === null && text.trim() !== "");
    if (fact === null) return;
    onSearch(filterOf(fact));
    setTyped("");
  };
  return (
    <form
      className={className}
      onSubmit={(event) => {
        event.preventDefault();
        search(typed);
      }}
    >
      <input
        type="search"
        aria-label="Search for a fact"
        placeholder="environment: production"
        list={id}
        value={typed}
        autoComplete="off"
        spellCheck={false}
        aria-invalid={refused}
        aria-describedby={refused ? `${id}-help` : undefined}
        onChange={(event) => {
          const text = event.target.value;
          // a browser that fills in a suggestion says so by the kind of its event, or by none
          const picked = suggestions.some((each) => each.complete && each.text === text);
          if (picked && !isTyping(event.nativeEvent)) search(text);
          else {
            setTyped(text);
            setRefused(false);
          }
        }}
        className="h-8 w-full rounded-md border border-line-strong bg-surface px-2.5 placeholder:text-ink-3 aria-invalid:border-critical"
      />
      <datalist id={id}>
        {suggestions.map(({ text }) => (
          <option key={text} value={text} />
        ))}
      </datalist>
      {refused && (
        <p id={`${id}-help`} role="alert" className="pt-1 text-xs text-critical-ink">
          Write a key and a value, such as environment: production.
        </p>
      )}
    </form>
  );
}

const isTyping = (event: globalThis.Event) => event instanceof InputEvent && event.inputType.startsWith("insertText");

/** Completes keys until one is typed in full, then its values. */
function suggest(facts: readonly Fact[], typed: string): { text: string; complete: boolean }[] {
  const [key = "", value] = typed.toLowerCase().split(/:\s*/, 2);
  const found = new Map<string, boolean>();
  for (const fact of facts) {
    const name = fact.name.toLowerCase();
    if (value === undefined && name.includes(key.trim())) found.set(`${fact.name}: `, false);
    else if (value !== undefined && name === key.trim() && fact.value.toLowerCase().includes(value)) {
      const text = searchOf(fact)?.replace(":", ": ");
      if (text) found.set(text, true);
    }
    if (found.size >= MAX_SUGGESTIONS) break;
  }
  return [...found].map(([text, complete]) => ({ text, complete }));
}

function filterOf(fact: string): Partial<Filters> {
  const [key = "", ...rest] = fact.split(":");
  const column = COLUMNS[key.toLowerCase() as keyof typeof COLUMNS];
  const value = rest.join(":");
  if (column === undefined) return { fact: [fact] };
  return column === "user" ? { user: value } : { [column]: [value] };
}
