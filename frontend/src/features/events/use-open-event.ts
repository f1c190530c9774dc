import { parseAsInteger, useQueryState } from "nuqs";
import { useCallback } from "react";
import { type To, useLocation } from "react-router";

import type { Event } from "@/lib/api/events";

/** The event in the drawer; part of the URL, so that the view can be shared. */
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
