/** A part of an explanation: a paragraph with its heading, or a list of steps. */
export type Passage = { lead: string | null; text: string; steps: string[] };

const LEADS = ["Why it matters:", "It scores", "Check first:"] as const;
const TITLES: Record<string, string> = { "Why it matters:": "Why it matters", "Check first:": "Check first" };

/**
 * Splits an explanation at its known headings, and numbered steps into a list. An explanation without headings is one
 * paragraph: no text is ever dropped.
 */
export function passages(explanation: string): Passage[] {
  const starts = LEADS.map((lead) => ({ lead, at: explanation.indexOf(lead) }))
    .filter(({ at }) => at > 0)
    .sort((one, other) => one.at - other.at);
  const edges = [{ lead: null, at: 0 }, ...starts];
  return edges.map(({ lead, at }, index) => {
    const part = explanation.slice(at, edges[index + 1]?.at).trim();
    const title = lead === null ? null : (TITLES[lead] ?? null);
    const text = title === null ? part : capitalised(part.slice((lead ?? "").length).trim());
    return { lead: title, ...withSteps(text) };
  });
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function withSteps(text: string): { text: string; steps: string[] } {
  const numbers = [...text.matchAll(/(?:^|\s)(\d+)\)\s/g)];
  const inOrder = numbers.length > 1 && numbers.every(([, number], index) => Number(number) === index + 1);
  if (!inOrder) return { text, steps: [] };
  const steps = numbers.map((number, index) =>
    text.slice(number.index + number[0].length, numbers[index + 1]?.index).trim(),
  );
  return { text: text.slice(0, numbers[0]?.index).trim(), steps };
}
