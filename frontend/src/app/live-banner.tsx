import { Unplug } from "lucide-react";
import { useEffect, useState } from "react";

import { Button } from "@/components/button";
import { live, useLive } from "@/lib/live/store";

const WORTH_SAYING_MS = 1500;

/** Says that nothing new arrives, and that it is being mended; short losses are not worth a word. */
export function LiveBanner() {
  const lost = useLive((state) => state.status === "lost");
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(lost), lost ? WORTH_SAYING_MS : 0);
    return () => clearTimeout(timer);
  }, [lost]);
  return (
    <div role="status" className="sticky top-12 z-30">
      {shown && (
        <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 border-b border-medium bg-medium-tint px-4 py-1 text-medium-ink lg:px-6">
          <Unplug aria-hidden className="size-4 shrink-0" />
          <p className="min-w-0 flex-1">
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
