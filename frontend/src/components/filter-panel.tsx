import { PanelLeft } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "./button";
import { Sheet } from "./sheet";
import type { FilterPanelState } from "./use-filter-panel";

/** Opens the filters, or hides them where they stand beside the list. */
export function FiltersButton({ panel }: { panel: FilterPanelState }) {
  return (
    <Button onClick={panel.toggle} aria-expanded={panel.expanded}>
      <PanelLeft aria-hidden />
      Filters
    </Button>
  );
}

/** The filters as a sidebar of the list. */
export function FilterSidebar({ panel, children }: { panel: FilterPanelState; children: ReactNode }) {
  if (!panel.sidebarShown) return null;
  return (
    <aside
      aria-label="Filters"
      className="w-60 shrink-0 print:hidden overflow-y-auto overscroll-contain rounded-lg border bg-surface shadow-card"
    >
      {children}
    </aside>
  );
}

/** The filters as a drawer over the page. */
export function FilterDrawer({ panel, children }: { panel: FilterPanelState; children: ReactNode }) {
  return (
    <Sheet open={panel.drawerOpen} onClose={panel.close} title="Filters" className="sm:w-80">
      {children}
    </Sheet>
  );
}
