/** A stretch of an explanation: a paragraph, with the words it is led by, or a list of steps. */
export type Passage = { lead: string | null; text: string; steps: string[] };

const LEADS = ["Why it matters:", "It scores", "Check first:"] as const;
const TITLES: Record<string, string> = { "Why it matters:": "Why it matters", "Check first:": "Check first" };

/**
 * Breaks an explanation at the places where it changes its subject, and numbered steps into a list. An explanation
 * without such places is one paragraph: nothing is ever left out.
 */
export function passages(explanation: string): Passage[] {
  const starts = LEADS.map((lead) => ({ lead, at: explanation.indexOf(lead) }))
    .filter(({ at }) => at > 0)
    .sort((one, other) => one.at - other.at);
  const edges = [{ lead: null, at: 0 }, ...starts];
  return edges.map(({ lead, at }, index) => {
    const whole = explanation.slice(at, edges[index + 1]?.at).trim();
    const title = lead === null ? null : (TITLES[lead] ?? null);
    const text = title === null ? whole : capitalised(whole.slice((lead ?? "").length).trim());
    return { lead: title, ...withSteps(text) };
  });
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

function withSteps(text: string): { text: string; steps: string[] } {
  const marks = [...text.matchAll(/(?:^|\s)(\d+)\)\s/g)];
  const inOrder = marks.length > 1 && marks.every(([, number], index) => Number(number) === index + 1);
  if (!inOrder) return { text, steps: [] };
  const steps = marks.map((mark, index) => text.slice(mark.index + mark[0].length, marks[index + 1]?.index).trim());
  return { text: text.slice(0, marks[0]?.index).trim(), steps };
}
