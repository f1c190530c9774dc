import { live, type Snapshot } from "./store";

/** Loads a list and starts the stream at the list's position, so that nothing is missing in between. */
export async function loadLive<T extends { position: string | null }>(
  load: () => Promise<T>,
): Promise<T & { snapshot: Snapshot }> {
  for (;;) {
    const snapshot = live.snapshot();
    const list = await load();
    if (live.startFrom(list.position, snapshot)) return { ...list, snapshot };
  }
}
