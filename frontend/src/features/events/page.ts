import { Activity } from "lucide-react";

import type { Page } from "@/lib/page";

export const pages: Page[] = [
  {
    path: "events",
    load: () => import("./events-page"),
    nav: { title: "Events", icon: Activity, order: 3, key: "e", scope: "events:read" },
  },
];
