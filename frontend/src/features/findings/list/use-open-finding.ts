import { parseAsInteger, useQueryState } from "nuqs";
import { useCallback } from "react";
import { type To, useLocation } from "react-router";

import type { Finding } from "@/lib/api/findings";

/** The finding in the drawer; part of the URL, so that the view can be shared. */
export function useOpenFinding() {
  const [openId, setOpenId] = useQueryState("finding", parseAsInteger.withOptions({ history: "push" }));
  const { search } = useLocation();
  const open = useCallback((finding: Finding | null) => void setOpenId(finding?.id ?? null), [setOpenId]);
  const linkTo = useCallback(
    (finding: Finding): To => {
      const query = new URLSearchParams(search);
      query.set("finding", String(finding.id));
      return { search: `?${query}` };
    },
    [search],
  );
  return { openId, open, linkTo };
}
