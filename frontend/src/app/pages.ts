import type { NavPage, Page } from "@/lib/page";

// a folder of features/ with a page.ts is a page; nothing else registers it
const declared = import.meta.glob<{ pages: Page[] }>("../features/*/page.ts", { eager: true });

/** All pages, discovered from the folders of `features/`. */
export const pages: Page[] = Object.values(declared).flatMap((module) => module.pages);

/** The pages in the navigation, in order. */
export const navPages: NavPage[] = pages
  .filter((page): page is NavPage => page.nav !== undefined)
  .sort((one, other) => one.nav.order - other.nav.order);
