import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Code } from "@/components/code";
import { CopyButton } from "@/components/copy-button";
import { Dialog } from "@/components/dialog";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import type { ApiToken, NewApiToken } from "@/lib/api/access";

/** A list of API tokens; those that work can be revoked. */
export function ApiTokenList({
  tokens,
  now,
  busy,
  onRevoke,
}: {
  tokens: readonly ApiToken[];
  now: number;
  busy: boolean;
  onRevoke: (id: string) => void;
}) {
  return (
    <ul className="divide-y border-t">
      {tokens.map((token) => {
        const state = token.revoked_at ? "Revoked" : Date.parse(token.expires_at) <= now ? "Expired" : null;
        return (
          <li key={token.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
            <div className="min-w-0 flex-1 basis-60">
              <p className="font-medium">
                <VisibleText text={token.name} /> <Code>mcm_{token.id}_…</Code>
              </p>
              <p className="text-xs text-ink-2">
                {token.user} · {token.scopes.join(", ")}
                {token.push_sources.length > 0 && ` · pushes ${token.push_sources.join(", ")}`}
              </p>
              <p className="text-xs text-ink-2">
                expires <Timestamp time={token.expires_at} to="minute" /> ·{" "}
                {token.last_used_at ? (
                  <>
                    last used <Timestamp time={token.last_used_at} to="minute" />
                  </>
                ) : (
                  "never used"
                )}
              </p>
            </div>
            {state ? (
              <Badge>{state}</Badge>
            ) : (
              <Button size="sm" variant="danger" onClick={() => onRevoke(token.id)} disabled={busy}>
                Revoke
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** Shows the secret of a new API token, once. */
export function NewTokenDialog({ token, onClose }: { token: NewApiToken | null; onClose: () => void }) {
  return (
    <Dialog
      open={token !== null}
      onOpenChange={(open) => !open && onClose()}
      title="API token created"
      description="Copy it now: it is not shown again."
    >
      {token && (
        <div className="flex items-center gap-2">
          <Code className="min-w-0 flex-1 break-all select-all">{token.token}</Code>
          <CopyButton text={token.token} label="Copy token" />
        </div>
      )}
    </Dialog>
  );
}
