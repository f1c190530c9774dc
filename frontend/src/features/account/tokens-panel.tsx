import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ApiTokenList, NewTokenDialog } from "@/components/api-tokens";
import { ErrorState } from "@/components/error-state";
import { Panel } from "@/components/panel";
import { TokenForm } from "@/components/token-form";
import { type Account, createToken, getTokens, type NewApiToken, revokeToken } from "@/lib/api/access";
import { useNow } from "@/lib/time/use-time";

const KEY = ["account", "tokens"];

/** The API tokens of the account. */
export function TokensPanel({ account }: { account: Account }) {
  const queries = useQueryClient();
  const now = useNow();
  const [made, setMade] = useState<NewApiToken | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: KEY });
  const tokens = useQuery({ queryKey: KEY, queryFn: ({ signal }) => getTokens(signal) });
  const create = useMutation({ mutationFn: createToken, onSuccess: setMade, onSettled: refresh });
  const revoke = useMutation({ mutationFn: revokeToken, onSettled: refresh });
  return (
    <Panel title="API tokens" flush className="lg:col-span-2">
      {tokens.error && <ErrorState error={tokens.error} retry={() => void tokens.refetch()} />}
      {tokens.data && tokens.data.length > 0 && (
        <ApiTokenList tokens={tokens.data} now={now} busy={revoke.isPending} onRevoke={(id) => revoke.mutate(id)} />
      )}
      <div className="border-t">
        <TokenForm
          scopes={account.scopes.filter((scope) => scope !== "account")}
          error={create.error}
          busy={create.isPending}
          onCreate={(values, done) => create.mutate(values, { onSuccess: done })}
        />
      </div>
      <NewTokenDialog token={made} onClose={() => setMade(null)} />
    </Panel>
  );
}
