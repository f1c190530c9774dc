import { Unplug } from "lucide-react";
import { useEffect, useState } from "react";

import { Button } from "@/components/button";
import { live, useLive } from "@/lib/live/store";

const SHOW_AFTER_MS = 1500;

/** Banner of an outage. It overlays the page, so that nothing moves; short outages do not show it. */
export function LiveBanner() {
  const lost = useLive((state) => state.status === "reconnecting");
  const withoutKafka = useLive((state) => state.missing.includes("kafka"));
  const outage = lost || withoutKafka;
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(outage), outage ? SHOW_AFTER_MS : 0);
    return () => clearTimeout(timer);
  }, [outage]);
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-4 bottom-18 z-40 flex justify-center md:bottom-4 md:left-18 xl:left-56 print:hidden"
    >
      {shown && outage && (
        <div className="pointer-events-auto flex max-w-3xl animate-in-up flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-medium bg-medium-tint px-4 py-2 text-medium-ink shadow-float">
          <Unplug aria-hidden className="size-4 shrink-0" />
          <p className="min-w-56 flex-1">
            {lost ? (
              <>
                <strong className="font-semibold">Can&apos;t reach the API.</strong> This page may be out of date.
                Retrying automatically; nothing will be lost.
              </>
            ) : (
              <>
                <strong className="font-semibold">The API can&apos;t reach Kafka.</strong> New findings are delayed
                until it can; nothing will be lost.
              </>
            )}
          </p>
          {lost && (
            <Button size="sm" onClick={live.retryNow}>
              Reconnect now
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
