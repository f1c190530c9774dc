import { ShieldAlert } from "lucide-react";

import type { Page } from "@/app/page";

export const pages: Page[] = [
  {
    path: "findings",
    load: () => import("./findings-page"),
    nav: { title: "Findings", icon: ShieldAlert, order: 2, key: "f" },
  },
  { path: "findings/:findingId", load: () => import("./finding-page") },
];
