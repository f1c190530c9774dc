import { Workflow } from "lucide-react";

import type { Page } from "@/lib/page";

export const pages: Page[] = [
  {
    path: "pipeline",
    load: () => import("./pipeline-page"),
    nav: { title: "Pipeline", icon: Workflow, order: 6, key: "p", scope: "pipeline:read" },
  },
];
