import { Fragment } from "react";

import { hiddenCharacters } from "@/lib/hidden-characters";

/**
 * Text from events, with its invisible characters made visible: bidirectional controls reorder what is read, and
 * zero-width characters make different names look the same.
 */
export function VisibleText({ text }: { text: string }) {
  const pieces = hiddenCharacters(text);
  if (pieces.length === 1 && pieces[0]?.hidden === undefined) return text;
  return pieces.map(({ text: piece, hidden }, index) =>
    hidden === undefined ? (
      <Fragment key={index}>{piece}</Fragment>
    ) : (
      <span
        key={index}
        title={`Invisible character ${hidden}`}
        className="mx-px rounded-sm bg-critical-tint px-0.5 font-mono text-2xs text-critical-ink"
      >
        {hidden}
      </span>
    ),
  );
}
