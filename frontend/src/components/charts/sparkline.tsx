import { cn } from "@/lib/class-names";

/** Sparkline: small bars without axes. `label` is its text alternative. */
export function Sparkline({
  values,
  label,
  className,
}: {
  values: readonly number[];
  label: string;
  className?: string;
}) {
  const highest = Math.max(1, ...values);
  const step = 100 / Math.max(1, values.length);
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox="0 0 100 20"
      preserveAspectRatio="none"
      className={cn("h-5 w-full", className)}
    >
      <line x1="0" x2="100" y1="19.5" y2="19.5" className="stroke-line-strong" vectorEffect="non-scaling-stroke" />
      {values.map((value, index) => {
        const height = value === 0 ? 0 : Math.max(2, (value / highest) * 19);
        return (
          <rect
            key={index}
            x={index * step + step * 0.12}
            width={step * 0.76}
            y={19.5 - height}
            height={height}
            className="fill-accent"
          />
        );
      })}
    </svg>
  );
}
