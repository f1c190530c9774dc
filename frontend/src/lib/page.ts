import type { LucideIcon } from "lucide-react";
import type { ComponentType } from "react";

import type { Scope } from "@/lib/api/access";

/** A page, as declared by `page.ts` in its folder of `features/`. */
export interface Page {
  /** Its route under /app, in React Router's syntax: "findings/:findingId". */
  path: string;
  /** Loads the page's component, which is the module's default export. */
  load: () => Promise<{ default: ComponentType }>;
  /** Its entry in the navigation, if it has one. */
  nav?: {
    title: string;
    icon: LucideIcon;
    /** The scope without which the page is not offered. */
    scope: Scope;
    /** Whether it concerns all sources, so that it is not offered to restricted accounts. */
    unrestricted?: true;
    /** Ascending position in the navigation. */
    order: number;
    /** The key that opens it after `g`. */
    key: string;
  };
}

/** A page in the navigation. */
export type NavPage = Page & { nav: NonNullable<Page["nav"]> };
