import { ShieldAlert } from "lucide-react";

import type { Page } from "@/lib/page";

export const pages: Page[] = [
  {
    path: "findings",
    load: () => import("./list/findings-page"),
    nav: { title: "Findings", icon: ShieldAlert, order: 2, key: "f", scope: "findings:read" },
  },
  { path: "findings/:findingId", load: () => import("./detail/finding-page") },
];
