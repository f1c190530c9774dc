import { useEffect } from "react";

import { getOverview } from "../api/stats";
import { readLive } from "./read-live";
import { live, useLive } from "./store";

const LISTS_FIRST_MS = 1000;
const AGAIN_MS = 5000;

/** Starts the stream on pages without a list that would start it; the overview knows the position, and is small. */
export function useLiveStart(): void {
  const off = useLive((state) => state.status === "off");
  useEffect(() => {
    if (!off) return;
    let timer: ReturnType<typeof setTimeout>;
    const start = () => {
      if (live.get().status !== "off") return;
      readLive(() => getOverview()).catch(() => {
        timer = setTimeout(start, AGAIN_MS);
      });
    };
    timer = setTimeout(start, LISTS_FIRST_MS);
    return () => clearTimeout(timer);
  }, [off]);
}
