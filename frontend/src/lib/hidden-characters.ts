/** A piece of a text: plain, or a character that is invisible or changes the order of those around it. */
export interface TextPiece {
  text: string;
  /** The code point of a hidden character: "U+202E". */
  hidden?: string;
}

/**
 * Controls except tab and line breaks, format characters (bidirectional controls, zero-width characters, soft hyphens,
 * tags), line and paragraph separators, blank letters and variation selectors outside of emoji.
 */
const HIDDEN =
  /(?![\t\n\r])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]|(?<!\p{Extended_Pictographic})[\ufe00-\ufe0f]/gu;
/** The joiner that composes emoji is part of what is seen. */
const EMOJI_JOINER = /(?<=\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier})\u200d(?=\p{Extended_Pictographic})/u;

/** Splits a text at its hidden characters; the pieces join to the text. */
export function hiddenCharacters(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let at = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (isEmojiJoiner(text, match.index)) continue;
    if (match.index > at) pieces.push({ text: text.slice(at, match.index) });
    pieces.push({ text: match[0], hidden: codePoint(match[0]) });
    at = match.index + match[0].length;
  }
  if (at < text.length || pieces.length === 0) pieces.push({ text: text.slice(at) });
  return pieces;
}

/** Replaces the hidden characters of a text by their code points, where only text can be shown. */
export function withVisibleCharacters(text: string): string {
  return hiddenCharacters(text)
    .map(({ text: piece, hidden }) => (hidden === undefined ? piece : `[${hidden}]`))
    .join("");
}

function isEmojiJoiner(text: string, index: number): boolean {
  if (text[index] !== "\u200d") return false;
  // surrogate pairs before and after the joiner, and a variation selector or modifier
  const near = text.slice(Math.max(0, index - 6), index + 3);
  return EMOJI_JOINER.test(near);
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}
