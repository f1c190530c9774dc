import { parseAsStringLiteral } from "nuqs";

import type { StreamFinding } from "@/lib/live/frames";
import { SEVERITIES } from "@/lib/severity";

export const ORDERS = ["first_seen", "last_seen", "risk_score", "severity", "detection_count"] as const;

export interface FindingOrder {
  sort: (typeof ORDERS)[number];
  order: "asc" | "desc";
}

/** Newest first. */
export const DEFAULT_ORDER: FindingOrder = { sort: "first_seen", order: "desc" };

/** The URL parameters of the order. */
export const orderParsers = {
  sort: parseAsStringLiteral(ORDERS).withDefault(DEFAULT_ORDER.sort),
  order: parseAsStringLiteral(["asc", "desc"]).withDefault(DEFAULT_ORDER.order),
};

type Ordered = Pick<StreamFinding, "id" | "first_seen" | "last_seen" | "risk_score" | "severity" | "detection_count">;

/** The sort key of a finding, compared element by element; the last one is the id, which decides ties. */
export type SortKey = readonly number[];

/** The sort key of a finding, the same as the API's; the smaller key comes first, in both directions. */
export function sortKeyOf(finding: Ordered, { sort, order }: FindingOrder): SortKey {
  const sign = order === "desc" ? -1 : 1;
  return [...valuesOf(finding, sort), finding.id].map((value) => sign * value);
}

/** Whether one sort key comes before another. */
export function isBefore(one: SortKey, other: SortKey): boolean {
  const at = one.findIndex((value, index) => value !== other[index]);
  return at >= 0 && (one[at] ?? 0) < (other[at] ?? 0);
}

function valuesOf(finding: Ordered, sort: FindingOrder["sort"]): number[] {
  switch (sort) {
    case "first_seen":
    case "last_seen":
      return [Date.parse(finding[sort])];
    case "risk_score":
      return [finding.risk_score ?? -1];
    case "severity":
      return [-SEVERITIES.indexOf(finding.severity), Date.parse(finding.first_seen)];
    case "detection_count":
      return [finding.detection_count];
  }
}

/**
 * Merges new findings into a list by the order. The listed findings keep their positions, also those that have changed:
 * nothing moves while the list is read. Linear in both lists.
 */
export function mergeInOrder<T extends Ordered>(
  listed: readonly T[],
  incoming: readonly T[],
  order: FindingOrder,
): readonly T[] {
  if (incoming.length === 0) return listed;
  const sorted = incoming
    .map((finding) => ({ finding, key: sortKeyOf(finding, order) }))
    .sort((one, other) => (isBefore(one.key, other.key) ? -1 : 1));
  const merged: T[] = [];
  let next = 0;
  for (const finding of listed) {
    if (next < sorted.length) {
      const key = sortKeyOf(finding, order);
      for (let first = sorted[next]; first && isBefore(first.key, key); first = sorted[++next])
        merged.push(first.finding);
    }
    merged.push(finding);
  }
  return [...merged, ...sorted.slice(next).map(({ finding }) => finding)];
}
