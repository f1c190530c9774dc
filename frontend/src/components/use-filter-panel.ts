import { useState } from "react";

import type { Preference } from "@/lib/preference";

import { useMediaQuery } from "./use-media-query";

/** State of the filters of a list: a sidebar that can be hidden where the media query `wideAt` matches, else a drawer. */
export function useFilterPanel(preference: Preference<"shown" | "hidden">, wideAt: string) {
  const [drawerOpen, setDrawerOpen] = useState(false);
  const wide = useMediaQuery(wideAt);
  const shown = preference.use() === "shown";
  return {
    sidebarShown: wide && shown,
    drawerOpen: drawerOpen && !wide,
    expanded: wide ? shown : drawerOpen,
    toggle: () => (wide ? preference.set(shown ? "hidden" : "shown") : setDrawerOpen(true)),
    close: () => setDrawerOpen(false),
  };
}

export type FilterPanelState = ReturnType<typeof useFilterPanel>;
