/** A count for a step of time that begins at `start`. */
export interface Bucket {
  /** Milliseconds. */
  start: number;
  count: number;
}

/** Steps in a row, each as long as `stepMs`. */
export interface Steps {
  buckets: Bucket[];
  stepMs: number;
}

/** Joins neighbours until there are at most so many, so that a bar stays wide enough to see and to point at. */
export function gather({ buckets, stepMs }: Steps, most: number): Steps {
  const by = Math.ceil(buckets.length / most);
  if (by <= 1) return { buckets, stepMs };
  const joined: Bucket[] = [];
  for (let at = 0; at < buckets.length; at += by) {
    const part = buckets.slice(at, at + by);
    joined.push({ start: part[0]?.start ?? 0, count: part.reduce((sum, each) => sum + each.count, 0) });
  }
  return { buckets: joined, stepMs: stepMs * by };
}

/** Picks the places of at most so many labels, evenly, never the very last bar where a label would hang out. */
export function labelled(bars: number, most: number): number[] {
  const every = Math.max(1, Math.ceil(bars / most));
  return Array.from({ length: bars }, (_, index) => index).filter((index) => index % every === 0);
}
