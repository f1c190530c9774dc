import { useQuery } from "@tanstack/react-query";

import { type Account, getAccount, type Scope } from "@/lib/api/access";

export const ACCOUNT_KEY = ["account"];

/** The identity of this window; it is read again after a response of status 401. */
export function useAccount() {
  return useQuery({ queryKey: ACCOUNT_KEY, queryFn: ({ signal }) => getAccount(signal), staleTime: 60_000 });
}

/** Whether the identity holds a scope. Without it, the action is not offered. */
export function useCan(scope: Scope): boolean {
  return useAccount().data?.scopes.includes(scope) ?? false;
}

/** Whether an account sees some sources or a period only. */
export function isRestricted({ sources, period_from, period_to }: Account): boolean {
  return sources !== null || period_from !== null || period_to !== null;
}
