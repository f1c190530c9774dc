import { Bell } from "lucide-react";

import type { Page } from "@/lib/page";

export const pages: Page[] = [
  {
    path: "notifications",
    load: () => import("./notifications-page"),
    nav: { title: "Notifications", icon: Bell, order: 5.7, key: "n", scope: "notifications:read" },
  },
];
