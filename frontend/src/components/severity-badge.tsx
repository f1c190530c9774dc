import { ChevronDown, ChevronsUp, ChevronUp, Equal, type LucideIcon } from "lucide-react";

import type { Severity } from "@/lib/severity";
import { cn } from "@/lib/class-names";

import { Badge } from "./badge";

const ICONS: Record<Severity, LucideIcon> = { critical: ChevronsUp, high: ChevronUp, medium: Equal, low: ChevronDown };

/** A severity as icon, word and colour, so that none of them is needed alone. */
export function SeverityBadge({ severity, className }: { severity: Severity; className?: string }) {
  const Icon = ICONS[severity];
  return (
    <Badge tone={severity} className={cn("capitalize", className)}>
      <Icon aria-hidden strokeWidth={2.5} />
      {severity}
    </Badge>
  );
}

/** The icon alone, for places that have the word beside it. */
export function SeverityIcon({ severity, className }: { severity: Severity; className?: string }) {
  const Icon = ICONS[severity];
  const tones = {
    critical: "text-critical-ink",
    high: "text-high-ink",
    medium: "text-medium-ink",
    low: "text-low-ink",
  };
  return <Icon aria-hidden strokeWidth={2.5} className={cn("size-4 shrink-0", tones[severity], className)} />;
}
