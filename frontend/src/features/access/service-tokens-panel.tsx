import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { ApiTokenList, NewTokenDialog } from "@/components/api-tokens";
import { ErrorState } from "@/components/error-state";
import { Panel } from "@/components/panel";
import { SelectField } from "@/components/text-field";
import { TokenForm } from "@/components/token-form";
import {
  type AccountUser,
  createServiceToken,
  getAllTokens,
  type NewApiToken,
  revokeAnyToken,
  type Scope,
} from "@/lib/api/access";
import { useNow } from "@/lib/time/use-time";

const KEY = ["access", "tokens"];
const SCOPES: readonly Scope[] = ["events:write", "findings:read", "events:read", "stats:read", "metrics:read"];

/** The API tokens of all accounts, and new ones of service accounts. */
export function ServiceTokensPanel({ accounts }: { accounts: readonly AccountUser[] }) {
  const queries = useQueryClient();
  const now = useNow();
  const [made, setMade] = useState<NewApiToken | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: KEY });
  const tokens = useQuery({ queryKey: KEY, queryFn: ({ signal }) => getAllTokens(signal) });
  const create = useMutation({ mutationFn: createServiceToken, onSuccess: setMade, onSettled: refresh });
  const revoke = useMutation({ mutationFn: revokeAnyToken, onSettled: refresh });
  const account = accounts.find(({ id }) => id === chosen) ?? accounts[0];
  return (
    <Panel title="API tokens" flush>
      {tokens.error && <ErrorState error={tokens.error} retry={() => void tokens.refetch()} />}
      {tokens.data && tokens.data.length > 0 && (
        <ApiTokenList tokens={tokens.data} now={now} busy={revoke.isPending} onRevoke={(id) => revoke.mutate(id)} />
      )}
      <div className="border-t">
        {account ? (
          <>
            <SelectField
              label="Service account"
              value={account.id}
              onChange={(event) => setChosen(event.target.value)}
              options={accounts.map(({ id, email }) => [id, email] as const)}
              className="px-4 pt-4"
            />
            <TokenForm
              scopes={SCOPES}
              error={create.error}
              busy={create.isPending}
              onCreate={(values, done) => create.mutate({ ...values, user_id: account.id }, { onSuccess: done })}
            />
          </>
        ) : (
          <p className="p-4 text-ink-2">Create a service account first. Its tokens are for programs.</p>
        )}
      </div>
      <NewTokenDialog token={made} onClose={() => setMade(null)} />
    </Panel>
  );
}
