import { ScrollText } from "lucide-react";

import type { Page } from "@/lib/page";

export const pages: Page[] = [
  {
    path: "audit",
    load: () => import("./audit-page"),
    nav: { title: "Audit", icon: ScrollText, order: 9, key: "t", scope: "audit:read" },
  },
];
