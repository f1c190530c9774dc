import type { ReactNode } from "react";

import { useCan } from "@/lib/access/account";
import type { Scope } from "@/lib/api/access";

/** Shows an action only to identities that hold its scope. */
export function Allowed({ scope, children }: { scope: Scope; children: ReactNode }) {
  return useCan(scope) ? children : null;
}
