import { type ComponentType, lazy } from "react";

const RETRY_MS = [300, 1000];

/** A chunk of the dashboard could not be loaded: the server is down, or an update has replaced the file. */
export class ChunkLoadError extends Error {
  override readonly name = "ChunkLoadError";

  constructor(cause: unknown) {
    super("This part of the dashboard could not be loaded.", { cause });
  }
}

/** Loads a chunk, with retries. Raises {@link ChunkLoadError} when all of them fail. */
export async function loadChunk<T>(load: () => Promise<T>): Promise<T> {
  for (const wait of RETRY_MS) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  return load().catch((error: unknown) => {
    throw new ChunkLoadError(error);
  });
}

/** `React.lazy` for a chunk, with retries. */
// the props are those of the loaded component; with `any` they are inferred as by `lazy`
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function lazyChunk<T extends ComponentType<any>>(load: () => Promise<{ default: T }>) {
  return lazy(() => loadChunk(load));
}
