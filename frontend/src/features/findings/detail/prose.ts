/** A part of an explanation: a paragraph with its heading, or a list of steps. */
export type Passage = { lead: string | null; text: string; steps: string[] };

const LEADS = /Why it matters:|Check first:|(?:It scores|Score) \d+ of 100/g;
const TITLES: Record<string, string> = { "Why it matters:": "Why it matters", "Check first:": "Check first" };

/**
 * Splits an explanation at its known headings, and numbered steps into a list. An explanation without headings is one
 * paragraph: no text is ever dropped.
 */
export function passages(explanation: string): Passage[] {
  const starts = [...explanation.matchAll(LEADS)]
    .map((match) => ({ lead: match[0], at: match.index }))
    .filter(({ lead, at }, index, all) => at > 0 && all.findIndex((each) => each.lead === lead) === index);
  const edges = [{ lead: null, at: 0 }, ...starts];
  return edges.map(({ lead, at }, index) => {
    const part = explanation.slice(at, edges[index + 1]?.at).trim();
    const title = lead === null ? null : (TITLES[lead] ?? null);
    const text = title === null ? part : capitalised(part.slice((lead ?? "").length).trim());
    return { lead: title, ...withSteps(text) };
  });
}

/** Drops the parts of an explanation that the page shows elsewhere in the same words: description, score and runbook. */
export function withoutRepeats(
  all: readonly Passage[],
  { description, risk_score }: { description: string; risk_score: number | null },
  runbook: string | undefined,
): Passage[] {
  const others = all.flatMap((passage): Passage[] => {
    const text = passage.text.startsWith(description) ? passage.text.slice(description.length).trim() : passage.text;
    const isScore = risk_score !== null && passage.lead === null && /^(?:It scores|Score) \d+ of 100/.test(text);
    const isRunbook = passage.steps.length > 0 && passage.steps.every((step) => runbook?.includes(step));
    const rest = { ...passage, text: isScore ? "" : text, steps: isRunbook ? [] : passage.steps };
    return rest.text || rest.steps.length > 0 ? [rest] : [];
  });
  // an explanation that only repeats is still better than none
  return others.length > 0 ? others : [...all];
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
