import { Unplug } from "lucide-react";
import { useEffect, useState } from "react";

import { Button } from "@/components/button";
import { live, useLive } from "@/lib/live/store";

const WORTH_SAYING_MS = 1500;

/**
 * Says that nothing new arrives, and that it is being mended. It lies over the page, so that nothing moves; short losses
 * are not worth a word.
 */
export function LiveBanner() {
  const lost = useLive((state) => state.status === "lost");
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(lost), lost ? WORTH_SAYING_MS : 0);
    return () => clearTimeout(timer);
  }, [lost]);
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-4 bottom-18 z-40 flex justify-center md:bottom-4 md:left-18 xl:left-56"
    >
      {shown && (
        <div className="pointer-events-auto flex max-w-3xl animate-in-up flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-medium bg-medium-tint px-4 py-2 text-medium-ink shadow-float">
          <Unplug aria-hidden className="size-4 shrink-0" />
          <p className="min-w-56 flex-1">
            <strong className="font-semibold">Live updates are interrupted.</strong> What you see may be out of date;
            the dashboard reconnects by itself and misses nothing.
          </p>
          <Button size="sm" onClick={live.retryNow}>
            Reconnect now
          </Button>
        </div>
      )}
    </div>
  );
}
