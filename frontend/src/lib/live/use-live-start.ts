import { useEffect } from "react";

import { getOverview } from "../api/stats";
import { loadLive } from "./load-live";
import { live, useLive } from "./store";

const START_AFTER_MS = 1000;
const RETRY_MS = 5000;

/** Starts the stream on pages whose lists do not start it, from the position of the overview, which is small. */
export function useLiveStart(): void {
  const off = useLive((state) => state.status === "off");
  useEffect(() => {
    if (!off) return;
    let timer: ReturnType<typeof setTimeout>;
    const start = () => {
      if (live.get().status !== "off") return;
      loadLive(() => getOverview()).catch(() => {
        timer = setTimeout(start, RETRY_MS);
      });
    };
    timer = setTimeout(start, START_AFTER_MS);
    return () => clearTimeout(timer);
  }, [off]);
}
