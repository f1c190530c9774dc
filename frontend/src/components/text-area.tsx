import { type ComponentProps, useId } from "react";

/** A text field of several lines, with its label above and a note below. */
export function TextArea({
  label,
  note,
  className,
  ...rest
}: ComponentProps<"textarea"> & { label: string; note?: string }) {
  const id = useId();
  return (
    <div className={className}>
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      <textarea
        id={id}
        rows={3}
        aria-describedby={note ? `${id}-note` : undefined}
        className="block w-full rounded-md border border-line-strong bg-surface px-2.5 py-1.5 placeholder:text-ink-3"
        {...rest}
      />
      {note && (
        <p id={`${id}-note`} className="mt-1 text-xs text-ink-2">
          {note}
        </p>
      )}
    </div>
  );
}
