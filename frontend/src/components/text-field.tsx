import { type ComponentProps, useId } from "react";

import { cn } from "@/lib/class-names";

const FIELD = "h-8 w-full rounded-md border border-line-strong bg-surface px-2.5 placeholder:text-ink-3";

/** A text field with its label above, and what is wrong or a note below. */
export function TextField({
  label,
  note,
  error,
  className,
  ...rest
}: ComponentProps<"input"> & { label: string; note?: string; error?: string | null }) {
  const id = useId();
  const described = note || error ? `${id}-note` : undefined;
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      <input id={id} aria-describedby={described} aria-invalid={error ? true : undefined} className={FIELD} {...rest} />
      {described && (
        <p id={described} className={cn("mt-1 text-xs", error ? "text-critical-ink" : "text-ink-2")}>
          {error ?? note}
        </p>
      )}
    </div>
  );
}

/** A choice among few values, with its label above. */
export function SelectField({
  label,
  options,
  className,
  ...rest
}: ComponentProps<"select"> & { label: string; options: readonly (readonly [value: string, text: string])[] }) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      <select id={id} className={FIELD} {...rest}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** What went wrong with a form, announced to screen readers. */
export function FormError({ error }: { error: unknown }) {
  return (
    <p role="alert" className="min-h-5 text-critical-ink">
      {error instanceof Error ? error.message : ""}
    </p>
  );
}
