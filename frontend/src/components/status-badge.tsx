import { isClosed, type Status, STATUS_NAMES } from "@/lib/status";

import { Badge } from "./badge";

/** The status of a finding. */
export function StatusBadge({ status }: { status: Status }) {
  const tone = status === "reopened" ? "high" : isClosed(status) ? "plain" : status === "open" ? "outline" : "accent";
  return <Badge tone={tone}>{STATUS_NAMES[status]}</Badge>;
}
