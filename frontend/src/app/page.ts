import type { LucideIcon } from "lucide-react";
import type { ComponentType } from "react";

/** A page, as its folder in `features/` declares it in `page.ts`. */
export interface Page {
  /** Where it is, under /app, as React Router writes it: "findings/:findingId". */
  path: string;
  /** Loads the page's component, which is the module's default export. */
  load: () => Promise<{ default: ComponentType }>;
  /** For pages in the navigation. */
  nav?: {
    title: string;
    icon: LucideIcon;
    /** Smaller comes first. */
    order: number;
    /** The key that goes there after `g`. */
    key: string;
  };
}

/** A page with a place in the navigation. */
export type NavPage = Page & { nav: NonNullable<Page["nav"]> };
