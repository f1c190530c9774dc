import { PanelLeft } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "./button";
import { Sheet } from "./sheet";
import type { FilterSide } from "./use-filter-side";

/** Shows the filters, or hides them where they stand beside the list. */
export function FiltersButton({ side }: { side: FilterSide }) {
  return (
    <Button onClick={side.toggle} aria-expanded={side.expanded}>
      <PanelLeft aria-hidden />
      Filters
    </Button>
  );
}

/** The filters as a panel beside the list. */
export function FilterAside({ side, children }: { side: FilterSide; children: ReactNode }) {
  if (!side.beside) return null;
  return (
    <aside
      aria-label="Filters"
      className="w-60 shrink-0 overflow-y-auto overscroll-contain rounded-lg border bg-surface shadow-card"
    >
      {children}
    </aside>
  );
}

/** The filters as a drawer over the page. */
export function FilterDrawer({ side, children }: { side: FilterSide; children: ReactNode }) {
  return (
    <Sheet open={side.over} onClose={side.close} title="Filters" className="sm:w-80">
      {children}
    </Sheet>
  );
}
