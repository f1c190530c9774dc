import { cn } from "@/lib/class-names";

/** Marks a finding that later evidence withdrew. */
export function WithdrawnBadge({ className }: { className?: string }) {
  return (
    <span
      title="Later evidence says otherwise; the finding is kept and counted apart"
      className={cn(
        "inline-flex items-center rounded border px-1.5 py-0.5 text-xs font-medium whitespace-nowrap text-ink-2",
        className,
      )}
    >
      Withdrawn
    </span>
  );
}
