import { useQuery } from "@tanstack/react-query";
import { parseAsString, useQueryState } from "nuqs";
import { useCallback, useEffect, useRef } from "react";

import { getView, type View } from "@/lib/api/views";
import { toast } from "@/lib/toast";

import { isBare, type ListState, stateOf } from "./view-state";

export interface SavedView {
  /** The view that is open; it may have been changed in the list since. */
  view: View | null;
  /** Whether a link to a view is being opened. */
  opening: boolean;
  open: (view: View | null) => void;
}

/** The saved view that is open: chosen in the menu, or by a link, which names nothing but the view. */
export function useSavedView(state: ListState, apply: (state: ListState) => void): SavedView {
  const [id, setId] = useQueryState("saved", parseAsString);
  const applied = useRef<string | null>(null);
  const { data, error, isPending } = useQuery({
    queryKey: ["views", id],
    queryFn: ({ signal }) => getView(id ?? "", signal),
    enabled: id !== null,
    retry: false,
  });
  const bare = isBare(state);
  useEffect(() => {
    if (id === null || applied.current === id) return;
    if (data?.id === id) {
      applied.current = id;
      const saved = stateOf(data);
      if (saved === null) toast(`This version cannot read the filter of ${data.name}.`, "error");
      else if (bare) apply(saved);
    } else if (error) {
      toast(error.message, "error");
      void setId(null);
    }
  }, [id, data, error, bare, apply, setId]);
  const open = useCallback(
    (view: View | null) => {
      applied.current = view?.id ?? null;
      void setId(view?.id ?? null);
      const saved = view && stateOf(view);
      if (saved) apply(saved);
    },
    [apply, setId],
  );
  return { view: id === null ? null : (data ?? null), opening: id !== null && isPending && bare, open };
}
