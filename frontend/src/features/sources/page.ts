import { Cable } from "lucide-react";

import type { Page } from "@/lib/page";

export const pages: Page[] = [
  {
    path: "sources",
    load: () => import("./sources-page"),
    nav: { title: "Sources", icon: Cable, order: 5.5, key: "s", scope: "sources:read" },
  },
  { path: "sources/:source", load: () => import("./source-page") },
];
