import { parseAsStringLiteral } from "nuqs";

import type { StreamFinding } from "@/lib/live/frames";
import { SEVERITIES } from "@/lib/severity";

export const ORDERS = ["first_seen", "last_seen", "risk_score", "severity", "detection_count"] as const;

/** What the address says of the order; the newest first by default. */
export const orderParsers = {
  sort: parseAsStringLiteral(ORDERS).withDefault("first_seen"),
  order: parseAsStringLiteral(["asc", "desc"]).withDefault("desc"),
};

export interface FindingOrder {
  sort: (typeof ORDERS)[number];
  order: "asc" | "desc";
}

type Ordered = Pick<StreamFinding, "id" | "first_seen" | "last_seen" | "risk_score" | "severity" | "detection_count">;

function rank(finding: Ordered, sort: FindingOrder["sort"]): number {
  switch (sort) {
    case "first_seen":
    case "last_seen":
      return Date.parse(finding[sort]);
    case "risk_score":
      return finding.risk_score ?? -1;
    case "severity":
      return -SEVERITIES.indexOf(finding.severity);
    case "detection_count":
      return finding.detection_count;
  }
}

/** Says whether the API would list `one` before `other`. */
export function comesBefore(one: Ordered, other: Ordered, { sort, order }: FindingOrder): boolean {
  const difference = rank(one, sort) - rank(other, sort) || one.id - other.id;
  return order === "desc" ? difference > 0 : difference < 0;
}
