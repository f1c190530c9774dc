/** A count for the time step that starts at `start`. */
export interface Bucket {
  /** Milliseconds. */
  start: number;
  count: number;
}

/** Consecutive buckets, each `stepMs` long. */
export interface Steps {
  buckets: Bucket[];
  stepMs: number;
}

/** Merges neighbouring buckets until there are at most `max`, so that a bar stays wide enough to see and to point at. */
export function mergeBuckets({ buckets, stepMs }: Steps, max: number): Steps {
  const by = Math.ceil(buckets.length / max);
  if (by <= 1) return { buckets, stepMs };
  const merged: Bucket[] = [];
  for (let at = 0; at < buckets.length; at += by) {
    const part = buckets.slice(at, at + by);
    merged.push({ start: part[0]?.start ?? 0, count: part.reduce((sum, each) => sum + each.count, 0) });
  }
  return { buckets: merged, stepMs: stepMs * by };
}

/** Picks the bars of at most `max` labels, evenly spaced. */
export function labelPositions(bars: number, max: number): number[] {
  const spacing = Math.max(1, Math.ceil(bars / max));
  return Array.from({ length: bars }, (_, index) => index).filter((index) => index % spacing === 0);
}
