import { useMemo } from "react";

import { useAccount } from "@/lib/access/account";
import type { NavPage } from "@/lib/page";

import { navPages } from "./pages";

/** The pages of the navigation whose scope the identity holds. */
export function useOfferedPages(): NavPage[] {
  const scopes = useAccount().data?.scopes;
  return useMemo(() => navPages.filter(({ nav }) => nav.scope === undefined || scopes?.includes(nav.scope)), [scopes]);
}
