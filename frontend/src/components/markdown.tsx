import { Fragment, type ReactNode } from "react";

import { ExternalLink } from "./external-link";
import { VisibleText } from "./visible-text";

const ADDRESS = String.raw`https://[^\s<>"'\`*()]*[^\s<>"'\`*().,;:!?]`;
// what may repeat is bounded or exclusive: a note of @ and dashes would take quadratic time, and a page shows 500 notes
const TOKEN = new RegExp(
  String.raw`(\`[^\`\n]+\`|\*\*[^*\n]+\*\*|\*[^*\n]+\*|\[[^[\]\n]+\]\(${ADDRESS}\)|${ADDRESS}|(?<![\w.])@[\w.+-]{1,64}@?[\w.-]{0,255}\w)`,
);
const ITEM = /^[-*] /;

/**
 * A safe subset of Markdown: paragraphs, lists, bold, italic, code, mentions and links to https addresses. Everything
 * becomes text nodes of React elements; no part of the text is ever parsed as HTML.
 */
export function Markdown({ text }: { text: string }) {
  return (
    <div className="space-y-1.5 [overflow-wrap:anywhere]">
      {text.split(/\n{2,}/).map((block, index) => {
        const lines = block.split("\n");
        if (!lines.every((line) => ITEM.test(line)))
          return (
            <p key={index} className="whitespace-pre-line">
              {inline(block)}
            </p>
          );
        return (
          <ul key={index} className="list-disc pl-5">
            {lines.map((line, at) => (
              <li key={at}>{inline(line.replace(ITEM, ""))}</li>
            ))}
          </ul>
        );
      })}
    </div>
  );
}

function inline(text: string): ReactNode {
  return text.split(TOKEN).map((part, at) => <Fragment key={at}>{at % 2 ? styled(part) : visible(part)}</Fragment>);
}

const visible = (text: string): ReactNode => <VisibleText text={text} />;

function styled(token: string): ReactNode {
  if (token.startsWith("`")) return <code className="rounded-sm bg-sunken px-1">{visible(token.slice(1, -1))}</code>;
  if (token.startsWith("**")) return <strong>{visible(token.slice(2, -2))}</strong>;
  if (token.startsWith("*")) return <em>{visible(token.slice(1, -1))}</em>;
  if (token.startsWith("@")) return <strong className="font-medium text-accent-strong">{visible(token)}</strong>;
  if (!token.startsWith("[")) return <ExternalLink address={token} />;
  const end = token.lastIndexOf("](");
  return <ExternalLink address={token.slice(end + 2, -1)} text={token.slice(1, end)} />;
}
