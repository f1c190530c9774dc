import { useMutation, useQueryClient } from "@tanstack/react-query";
import { LogOut } from "lucide-react";

import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { ErrorState } from "@/components/error-state";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { useAccount } from "@/lib/access/account";
import { type Account, logOut } from "@/lib/api/access";

import { PasswordPanel } from "./password-panel";
import { SessionsPanel } from "./sessions-panel";
import { TokensPanel } from "./tokens-panel";

/** The own account: role and scopes, password, sessions, API tokens. */
export default function AccountPage() {
  const account = useAccount();
  const queries = useQueryClient();
  const logout = useMutation({
    mutationFn: logOut,
    // the session at the provider ends there
    onSuccess: ({ redirect }) => (redirect ? window.location.assign(redirect) : queries.resetQueries()),
  });
  if (!account.data) return account.error && <ErrorState error={account.error} retry={() => void account.refetch()} />;
  const { data } = account;
  return (
    <>
      <PageHeader
        title="Account"
        actions={
          data.via === "session" && (
            <Button onClick={() => logout.mutate()} disabled={logout.isPending}>
              <LogOut aria-hidden />
              Log out
            </Button>
          )
        }
      />
      <div className="grid items-start gap-4 px-4 pb-6 lg:grid-cols-2 lg:px-6">
        <Identity account={data} />
        {data.has_password && <PasswordPanel />}
        {data.auth === "on" && <SessionsPanel />}
        {data.auth === "on" && <TokensPanel account={data} />}
      </div>
    </>
  );
}

function Identity({ account }: { account: Account }) {
  return (
    <Panel title={account.name} aside={<Badge tone="accent">{account.role}</Badge>}>
      {account.auth === "off" && (
        <p className="mb-3">
          Authentication is off (MCM_AUTH=off): everyone on this machine may do everything. Set MCM_AUTH=on to require a
          login.
        </p>
      )}
      {account.sources && <p className="mb-3">Restricted to the sources {account.sources.join(", ")}.</p>}
      <h3 className="mb-1.5 text-xs font-medium text-ink-2">Scopes</h3>
      <ul className="flex flex-wrap gap-1">
        {account.scopes.map((scope) => (
          <li key={scope}>
            <Badge>{scope}</Badge>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
