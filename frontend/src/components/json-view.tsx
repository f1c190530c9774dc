import { cn } from "@/lib/class-names";

import { CopyButton } from "./copy-button";

/** Data as JSON, as text; with a button that copies it. */
export function JsonView({ value, label, className }: { value: unknown; label: string; className?: string }) {
  const text = JSON.stringify(value, null, 2);
  return (
    <div className={cn("relative rounded-md border bg-sunken", className)}>
      <CopyButton text={text} label={`Copy ${label}`} className="absolute top-1 right-1 bg-sunken" />
      <pre
        tabIndex={0}
        aria-label={label}
        className="max-h-96 overflow-auto p-3 pr-10 font-mono text-xs leading-5 break-words whitespace-pre-wrap"
      >
        <Coloured text={text} />
      </pre>
    </div>
  );
}

const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MOST_COLOURED = 60_000;

/** Colours keys and values. What is very long stays plain, for every colour is an element. */
function Coloured({ text }: { text: string }) {
  if (text.length > MOST_COLOURED) return text;
  const parts = [];
  let at = 0;
  for (const match of text.matchAll(TOKENS)) {
    parts.push(text.slice(at, match.index));
    const [whole, string, colon] = match;
    const style = colon ? "text-ink-2" : string ? "text-accent-strong" : "text-high-ink";
    parts.push(
      <span key={match.index} className={style}>
        {whole}
      </span>,
    );
    at = match.index + whole.length;
  }
  parts.push(text.slice(at));
  return parts;
}
