import { type ComponentProps, type ReactNode, useId } from "react";

import { cn } from "@/lib/class-names";

const BOX =
  "w-full rounded-md border border-line-strong bg-surface px-2.5 placeholder:text-ink-3 disabled:cursor-default disabled:opacity-50";
const FIELD = `h-8 ${BOX}`;

interface Labels {
  label: string;
  note?: string;
  error?: string | null;
  className?: string;
}

/** A text field with its label above, and what is wrong or a note below. */
export function TextField({ label, note, error, className, ...rest }: ComponentProps<"input"> & Labels) {
  return (
    <Labelled {...{ label, note, error, className }}>
      {(ids) => <input {...ids} aria-invalid={error ? true : undefined} className={FIELD} {...rest} />}
    </Labelled>
  );
}

/** A text field of several lines, with its label above and a note below. */
export function TextArea({ label, note, className, ...rest }: ComponentProps<"textarea"> & Omit<Labels, "error">) {
  return (
    <Labelled {...{ label, note, className }}>
      {(ids) => <textarea {...ids} rows={3} className={cn(BOX, "block py-1.5")} {...rest} />}
    </Labelled>
  );
}

/** A choice among few values, with its label above. */
export function SelectField({
  label,
  options,
  className,
  ...rest
}: ComponentProps<"select"> & { label: string; options: readonly (readonly [value: string, text: string])[] }) {
  return (
    <Labelled {...{ label, className }}>
      {(ids) => (
        <select {...ids} className={FIELD} {...rest}>
          {options.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

function Labelled({
  label,
  note,
  error,
  className,
  children,
}: Labels & { children: (ids: { id: string; "aria-describedby": string | undefined }) => ReactNode }) {
  const id = useId();
  const described = note || error ? `${id}-note` : undefined;
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      {children({ id, "aria-describedby": described })}
      {described && (
        <p id={described} className={cn("mt-1 text-xs", error ? "text-critical-ink" : "text-ink-2")}>
          {error ?? note}
        </p>
      )}
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
