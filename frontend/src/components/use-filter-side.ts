import { useState } from "react";

import type { Preference } from "@/lib/preference";

import { useWide } from "./use-wide";

/** Filters beside a list: in a panel that can be hidden where the window is as wide as `wideAt` says, else in a drawer. */
export function useFilterSide(panel: Preference<"shown" | "hidden">, wideAt: string) {
  const [drawerOpen, setDrawerOpen] = useState(false);
  const wide = useWide(wideAt);
  const panelShown = panel.use() === "shown";
  return {
    beside: wide && panelShown,
    over: drawerOpen && !wide,
    expanded: wide ? panelShown : drawerOpen,
    toggle: () => (wide ? panel.set(panelShown ? "hidden" : "shown") : setDrawerOpen(true)),
    close: () => setDrawerOpen(false),
  };
}

export type FilterSide = ReturnType<typeof useFilterSide>;
