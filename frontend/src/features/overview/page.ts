import { LayoutDashboard } from "lucide-react";

import type { Page } from "@/lib/page";

export const pages: Page[] = [
  {
    path: "",
    load: () => import("./overview-page"),
    nav: { title: "Overview", icon: LayoutDashboard, order: 1, key: "o", scope: "stats:read" },
  },
];
