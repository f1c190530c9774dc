import { useMemo } from "react";

import { isRestricted, useAccount } from "@/lib/access/account";
import type { NavPage } from "@/lib/page";

import { navPages } from "./pages";

/** The pages of the navigation that the identity may read. */
export function useOfferedPages(): NavPage[] {
  const account = useAccount().data;
  return useMemo(
    () =>
      navPages.filter(
        ({ nav }) => account?.scopes.includes(nav.scope) && !(nav.unrestricted && account && isRestricted(account)),
      ),
    [account],
  );
}
