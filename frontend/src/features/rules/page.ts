import { BookOpenCheck } from "lucide-react";

import type { Page } from "@/lib/page";

export const pages: Page[] = [
  {
    path: "rules",
    load: () => import("./rules-page"),
    nav: { title: "Rules", icon: BookOpenCheck, order: 5, key: "r", scope: "rules:read" },
  },
  { path: "rules/:rule", load: () => import("./rule-page") },
];
