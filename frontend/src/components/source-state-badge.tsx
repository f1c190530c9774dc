import { Badge } from "@/components/badge";
import type { Source } from "@/lib/api/sources";

const STATES = {
  ok: ["OK", "low"],
  late: ["Late", "medium"],
  silent: ["Silent", "high"],
  failing: ["Failing", "high"],
  unauthorised: ["Unauthorised", "critical"],
  never_connected: ["Never connected", "plain"],
} as const satisfies Record<Source["state"], readonly [string, string]>;

/** The state of a source, in a word. */
export function SourceStateBadge({ state }: { state: Source["state"] }) {
  const [label, tone] = STATES[state];
  return <Badge tone={tone}>{label}</Badge>;
}
