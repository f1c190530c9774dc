import { exceptionName } from "@/lib/api/exceptions";
import { cn } from "@/lib/class-names";

/** Marks a finding that an exception suppresses. */
export function SuppressedBadge({ number, className }: { number: number; className?: string }) {
  return (
    <span
      title="An exception covers it; the finding is kept, counted apart, and returns when the exception ends"
      className={cn(
        "inline-flex items-center rounded border px-1.5 py-0.5 text-xs font-medium whitespace-nowrap text-ink-2",
        className,
      )}
    >
      Suppressed by {exceptionName(number)}
    </span>
  );
}
