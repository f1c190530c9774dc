import type { ReactNode } from "react";

/** A row of labelled figures. */
export function Figures({ figures }: { figures: readonly { title: string; value: ReactNode }[] }) {
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-3">
      {figures.map(({ title, value }) => (
        <div key={title}>
          <dt className="text-xs text-ink-2">{title}</dt>
          <dd className="tabular text-lg font-semibold tracking-tight">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
