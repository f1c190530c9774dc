import type { Page } from "@/lib/page";

export const pages: Page[] = [{ path: "account", load: () => import("./account-page") }];
