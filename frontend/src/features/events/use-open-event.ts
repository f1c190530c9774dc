import { parseAsInteger, useQueryState } from "nuqs";
import { useCallback } from "react";
import { type To, useLocation } from "react-router";

import type { Event } from "@/lib/api/events";

/** Which event the drawer shows; it stands in the address, so that the view can be passed on. */
export function useOpenEvent() {
  const [openId, setOpenId] = useQueryState("event", parseAsInteger.withOptions({ history: "push" }));
  const { search } = useLocation();
  const open = useCallback((event: Event | null) => void setOpenId(event?.id ?? null), [setOpenId]);
  const linkTo = useCallback(
    (event: Event): To => {
      const query = new URLSearchParams(search);
      query.set("event", String(event.id));
      return { search: `?${query}` };
    },
    [search],
  );
  return { openId, open, linkTo };
}
