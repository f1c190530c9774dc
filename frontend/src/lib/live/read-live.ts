import { type Asked, live } from "./store";

/** Reads a list and has the stream go on from where it was read, with nothing missing in between. */
export async function readLive<T extends { position: string | null }>(
  read: () => Promise<T>,
): Promise<T & { asked: Asked }> {
  for (;;) {
    const asked = live.ask();
    const list = await read();
    if (live.startFrom(list.position, asked)) return { ...list, asked };
  }
}
