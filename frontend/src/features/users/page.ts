import { Users } from "lucide-react";

import type { Page } from "@/lib/page";

export const pages: Page[] = [
  {
    path: "users",
    load: () => import("./users-page"),
    nav: { title: "Users", icon: Users, order: 4, key: "u", scope: "activity:read" },
  },
  { path: "users/:user", load: () => import("./user-page") },
];
