import { MailCheck, RotateCcw } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";

import { Allowed } from "@/components/allowed";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { ChoiceButtons } from "@/components/choice-buttons";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { Panel } from "@/components/panel";
import { ShowOlder } from "@/components/show-older";
import { Loading, Skeleton } from "@/components/skeleton";
import { FormError } from "@/components/text-field";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import type { MessageState, NotificationMessage } from "@/lib/api/notifications";
import { plural } from "@/lib/format";

import { useMessages, useRetry } from "./use-notifications";

const FILTERS = { all: "All", pending: "Pending", sent: "Sent", failed: "Failed" } as const;
const STATES = {
  pending: { text: "Pending", tone: "accent" },
  sent: { text: "Sent", tone: "low" },
  failed: { text: "Failed", tone: "critical" },
} as const;
const KINDS = { findings: "Findings", digest: "Digest", storm: "Notice of a storm", reminder: "Reminder" } as const;

/** The messages to channels: pending, sent, or failed with the reason, and the retry of failed ones. */
export function MessagesPanel() {
  const [filter, setFilter] = useState<keyof typeof FILTERS>("all");
  const query = useMessages(filter === "all" ? undefined : (filter satisfies MessageState));
  const retry = useRetry();
  const items = query.data?.pages.flatMap((page) => page.items);
  return (
    <Panel title="Messages" flush>
      <ChoiceButtons label="State of messages" choices={FILTERS} chosen={filter} onChoose={setFilter} />
      <div className="px-4">
        <FormError error={retry.error} />
      </div>
      {query.error && !items ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} busy={query.isFetching} />
      ) : !items ? (
        <Loading what="messages" className="grid gap-4 px-4 pb-4">
          <Skeleton className="h-5" />
          <Skeleton className="h-5" />
        </Loading>
      ) : items.length === 0 && !query.isPlaceholderData ? (
        <EmptyState icon={MailCheck} title={filter === "all" ? "No messages yet" : `No ${filter} messages`}>
          A message is sent when a finding of a route is new, reopened, or more severe.
        </EmptyState>
      ) : (
        <ul
          aria-label="Messages"
          className="divide-y border-t aria-busy:opacity-60"
          aria-busy={query.isPlaceholderData}
        >
          {items.map((message) => (
            <MessageItem
              key={message.id}
              message={message}
              busy={retry.isPending}
              onRetry={() => retry.mutate(message.id)}
            />
          ))}
        </ul>
      )}
      <ShowOlder query={query} />
    </Panel>
  );
}

function MessageItem({ message, busy, onRetry }: { message: NotificationMessage; busy: boolean; onRetry: () => void }) {
  const { kind, state, route, channel, created_at, next_attempt_at, attempts, response, findings, finding_id } =
    message;
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-72">
        <p className="flex flex-wrap items-center gap-2">
          <Badge tone={STATES[state].tone}>{STATES[state].text}</Badge>
          <span className="font-medium">{KINDS[kind]}</span>
          <span className="text-ink-2">
            of {route} to {channel}
          </span>
          {finding_id !== null ? (
            <Link to={`/findings/${finding_id}`} className="text-accent-strong hover:underline">
              Finding {finding_id}
            </Link>
          ) : (
            findings > 0 && <span className="text-ink-2">{plural(findings, "finding")}</span>
          )}
        </p>
        <p className="mt-0.5 flex flex-wrap gap-x-3 text-xs text-ink-2">
          <Timestamp time={created_at} className="tabular" />
          {attempts > 0 && <span>{plural(attempts, "attempt")}</span>}
          {next_attempt_at !== null && attempts > 0 && (
            <span>
              next attempt <Timestamp time={next_attempt_at} className="tabular" />
            </span>
          )}
        </p>
        {response !== null && (
          <p
            className={`mt-0.5 text-xs [overflow-wrap:anywhere] ${state === "failed" ? "text-critical-ink" : "text-ink-2"}`}
          >
            <VisibleText text={response} />
          </p>
        )}
      </div>
      {state === "failed" && (
        <Allowed scope="notifications:write">
          <Button size="sm" onClick={onRetry} disabled={busy}>
            <RotateCcw aria-hidden />
            Retry
          </Button>
        </Allowed>
      )}
    </li>
  );
}
