import { SourceText } from "./source-text";

/** Data as formatted JSON, with a copy button. */
export function JsonView({ value, label, className }: { value: unknown; label: string; className?: string }) {
  return <SourceText text={JSON.stringify(value, null, 2)} language="json" label={label} className={className} />;
}
