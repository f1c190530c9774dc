/** The kind of a token, which decides its colour. */
export type TokenKind = "key" | "string" | "number" | "word" | "comment" | "mark" | "plain";

export interface Token {
  kind: TokenKind;
  text: string;
}

export type Language = "json" | "yaml";

/** Tokenizes a document for highlighting; the tokens always join to the document, whatever it contains. */
export function tokensOf(text: string, language: Language): Token[] {
  return language === "json" ? jsonTokens(text) : yamlTokens(text);
}

const JSON_TOKEN =
  /(?<key>"(?:\\.|[^"\\])*")(?=\s*:)|(?<string>"(?:\\.|[^"\\])*")|(?<word>\b(?:true|false|null)\b)|(?<number>-?\d[\d.eE+-]*)|(?<mark>[{}[\],:]+)/g;

function jsonTokens(text: string): Token[] {
  return tokenize(text, JSON_TOKEN);
}

/** Tokenizes by a pattern whose groups are named after token kinds; text outside of them is plain. */
function tokenize(text: string, pattern: RegExp): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    if (match.index > at) tokens.push({ kind: "plain", text: text.slice(at, match.index) });
    const kind = Object.entries(match.groups ?? {}).find(([, found]) => found !== undefined)?.[0] ?? "plain";
    tokens.push({ kind: kind as TokenKind, text: match[0] });
    at = match.index + match[0].length;
  }
  if (at < text.length) tokens.push({ kind: "plain", text: text.slice(at) });
  return tokens;
}

const YAML_LINE = /^(?<lead>\s*(?:- +)*)(?:(?<key>[\w.|$"'-][^:#{}[\],]*?)(?<colon>:)(?=\s|$))?(?<rest>.*)$/;
const YAML_VALUE =
  /(?<string>"(?:\\.|[^"\\])*"|'(?:''|[^'])*')|(?<comment>(?<=^|\s)#.*$)|(?<key>[\w.|$-]+)(?=:\s)|(?<word>\b(?:true|false|null)\b)|(?<number>(?<![\w./-])-?\d+(?:\.\d+)?(?![\w./-]))|(?<mark>[{}[\],]|:(?=\s)|[|>][+-]?\s*$)/g;

function yamlTokens(text: string): Token[] {
  const tokens: Token[] = [];
  let blockAt: number | null = null;
  text.split("\n").forEach((line, index) => {
    if (index > 0) tokens.push({ kind: "plain", text: "\n" });
    const indent = line.search(/\S/);
    if (blockAt !== null && (indent < 0 || indent > blockAt)) {
      if (line) tokens.push({ kind: "string", text: line });
      return;
    }
    blockAt = /(?:^|[\s:-])[|>][+-]?\s*$/.test(line) ? indent : null;
    tokens.push(...yamlLine(line));
  });
  return tokens;
}

function yamlLine(line: string): Token[] {
  const { lead = "", key, colon, rest = "" } = YAML_LINE.exec(line)?.groups ?? { rest: line };
  const tokens: Token[] = [];
  if (lead) tokens.push({ kind: "mark", text: lead });
  if (key && colon) tokens.push({ kind: "key", text: key }, { kind: "mark", text: colon });
  return [...tokens, ...tokenize(rest, YAML_VALUE)];
}
