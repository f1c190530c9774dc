import { KeyRound } from "lucide-react";

import type { Page } from "@/lib/page";

export const pages: Page[] = [
  {
    path: "access",
    load: () => import("./access-page"),
    nav: { title: "Access", icon: KeyRound, order: 8, key: "a", scope: "access:manage" },
  },
];
