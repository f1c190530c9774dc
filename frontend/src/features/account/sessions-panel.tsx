import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { ErrorState } from "@/components/error-state";
import { Panel } from "@/components/panel";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import { endSession, getSessions } from "@/lib/api/access";

const KEY = ["account", "sessions"];

/** The open sessions of the account. */
export function SessionsPanel() {
  const queries = useQueryClient();
  const sessions = useQuery({ queryKey: KEY, queryFn: ({ signal }) => getSessions(signal) });
  const end = useMutation({
    mutationFn: endSession,
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
  return (
    <Panel title="Sessions" flush>
      {sessions.error && <ErrorState error={sessions.error} retry={() => void sessions.refetch()} />}
      <ul className="divide-y border-t">
        {sessions.data?.map((session) => (
          <li key={session.id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
            <div className="min-w-0 flex-1 basis-60">
              <p className="truncate">
                <VisibleText text={session.user_agent || "Unknown browser"} />
              </p>
              <p className="text-xs text-ink-2">
                {session.address || "unknown address"} · last used <Timestamp time={session.last_used_at} to="minute" />
              </p>
            </div>
            {session.current ? (
              <Badge tone="accent">This session</Badge>
            ) : (
              <Button size="sm" onClick={() => end.mutate(session.id)} disabled={end.isPending}>
                End session
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
