/** Plain text; one whose lines are all numbered becomes an ordered list. */
export function NumberedText({ text }: { text: string }) {
  const steps = numbered(text);
  if (steps.length === 0) return <p className="max-w-[68ch] whitespace-pre-line">{text.trim()}</p>;
  return (
    <ol className="max-w-[68ch] list-decimal space-y-1 pl-5 marker:text-ink-3">
      {steps.map((step, index) => (
        <li key={index}>{step}</li>
      ))}
    </ol>
  );
}

/** The steps of a text whose lines are all numbered; none otherwise. */
function numbered(text: string): string[] {
  const lines = text.trim().split(/\n(?=\d+\.\s)/);
  return lines.every((line) => /^\d+\.\s/.test(line)) ? lines.map((line) => line.replace(/^\d+\.\s+/, "")) : [];
}
