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

/** Where a finding stands in an order: by its rank, among equals by its id. */
export interface Place {
  rank: number;
  id: number;
}

/** Finds a finding's place; the smaller place comes first, whichever way the order goes. */
export function placeOf(finding: Ordered, { sort, order }: FindingOrder): Place {
  const way = order === "desc" ? -1 : 1;
  return { rank: way * rank(finding, sort), id: way * finding.id };
}

/** Says whether one place comes before another. */
export function isBefore(one: Place, other: Place): boolean {
  return one.rank < other.rank || (one.rank === other.rank && one.id < other.id);
}

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

/**
 * Puts findings that came in where the order has them. Those that are there stay in the order they have, also when they
 * changed since: nothing moves under the eyes of who reads. One walk through both, however many came.
 */
export function mergeInOrder<T extends Ordered>(
  there: readonly T[],
  came: readonly T[],
  order: FindingOrder,
): readonly T[] {
  if (came.length === 0) return there;
  const sorted = came
    .map((finding) => ({ finding, place: placeOf(finding, order) }))
    .sort((one, other) => (isBefore(one.place, other.place) ? -1 : 1));
  const merged: T[] = [];
  let next = 0;
  for (const finding of there) {
    if (next < sorted.length) {
      const place = placeOf(finding, order);
      for (let first = sorted[next]; first && isBefore(first.place, place); first = sorted[++next])
        merged.push(first.finding);
    }
    merged.push(finding);
  }
  return [...merged, ...sorted.slice(next).map(({ finding }) => finding)];
}
