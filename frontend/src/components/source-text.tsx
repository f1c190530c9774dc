import { useMemo } from "react";

import { cn } from "@/lib/class-names";
import { type Language, type TokenKind, tokensOf } from "@/lib/highlight";

import { CopyButton } from "./copy-button";

const COLOURS: Record<TokenKind, string | undefined> = {
  key: "text-accent-strong",
  string: undefined,
  number: "text-high-ink",
  word: "text-high-ink",
  comment: "text-ink-3 italic",
  mark: "text-ink-3",
  plain: undefined,
};

/** Highlighting creates an element per token; beyond this many characters it is too slow to be useful. */
const MAX_HIGHLIGHTED = 60_000;

/** A document with syntax highlighting and a copy button. */
export function SourceText({
  text,
  language,
  label,
  className,
}: {
  text: string;
  language: Language;
  label: string;
  className?: string;
}) {
  const tokens = useMemo(
    () => (text.length > MAX_HIGHLIGHTED ? [{ kind: "plain" as const, text }] : tokensOf(text, language)),
    [text, language],
  );
  return (
    <div className="relative rounded-md border bg-sunken">
      <CopyButton text={text} label={`Copy ${label.toLowerCase()}`} className="absolute top-1 right-1 bg-sunken" />
      <pre
        tabIndex={0}
        role="region"
        aria-label={label}
        className={cn(
          "max-h-96 overflow-auto p-3 pr-10 font-mono text-xs leading-5 [overflow-wrap:anywhere] whitespace-pre-wrap",
          className,
        )}
      >
        {tokens.map(({ kind, text: piece }, index) =>
          COLOURS[kind] ? (
            <span key={index} className={COLOURS[kind]}>
              {piece}
            </span>
          ) : (
            piece
          ),
        )}
      </pre>
    </div>
  );
}
