import { ShieldOff } from "lucide-react";

import type { Page } from "@/lib/page";

export const pages: Page[] = [
  {
    path: "exceptions",
    load: () => import("./exceptions-page"),
    nav: { title: "Exceptions", icon: ShieldOff, order: 2.5, key: "x", scope: "findings:read", unrestricted: true },
  },
];
