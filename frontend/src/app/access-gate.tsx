import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, Suspense, useEffect } from "react";
import { useLocation, useNavigate } from "react-router";

import { ErrorState } from "@/components/error-state";
import { ACCOUNT_KEY, useAccount } from "@/lib/access/account";
import { UNAUTHENTICATED } from "@/lib/api/client";
import { ApiError } from "@/lib/api/errors";
import { lazyChunk } from "@/lib/lazy-chunk";
import { useDocumentTheme } from "@/lib/theme";

const LoginScreen = lazyChunk(() => import("@/features/login/login-screen"));
const SetupScreen = lazyChunk(() => import("@/features/login/setup-screen"));

/** Shows the login until there is an identity, and again when its session has ended. */
export function AccessGate({ children }: { children: ReactNode }) {
  const account = useAccount();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { pathname } = useLocation();
  useDocumentTheme();
  useEffect(() => {
    const ask = () => void queries.invalidateQueries({ queryKey: ACCOUNT_KEY });
    window.addEventListener(UNAUTHENTICATED, ask);
    return () => window.removeEventListener(UNAUTHENTICATED, ask);
  }, [queries]);
  const loggedOut = account.error instanceof ApiError && account.error.status === 401;
  if (loggedOut)
    return (
      <Suspense fallback={null}>
        {pathname === "/setup" ? <SetupScreen onDone={() => void navigate("/", { replace: true })} /> : <LoginScreen />}
      </Suspense>
    );
  // an API that cannot be reached is the pages' to report: they have what they showed before
  if (account.error instanceof ApiError && account.error.status === 403)
    return <ErrorState error={account.error} retry={() => void account.refetch()} busy={account.isFetching} />;
  // a later attempt is pending without a failure again, and must not take the pages away
  if (account.isPending && account.failureCount + account.errorUpdateCount === 0) return null;
  return children;
}
