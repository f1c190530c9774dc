import { MailCheck, RotateCcw } from "lucide-react";
import { useState } from "react";

import { Allowed } from "@/components/allowed";
import { Button } from "@/components/button";
import { ChoiceButtons } from "@/components/choice-buttons";
import { Code } from "@/components/code";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { Panel } from "@/components/panel";
import { ShowOlder } from "@/components/show-older";
import { Loading, Skeleton } from "@/components/skeleton";
import { SourceText } from "@/components/source-text";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import type { DeadLetter, DeadLetterState } from "@/lib/api/pipeline";
import { count } from "@/lib/format";

import { DismissDialog } from "./dismiss-dialog";
import { ReplayDialog } from "./replay-dialog";
import { useDeadLetters, useReopen } from "./use-pipeline";

const STATES = { open: "Open", retried: "Retried", dismissed: "Dismissed" } as const;
const EMPTY = {
  open: "A record that cannot be processed is kept here with the reason, and can be retried once that is fixed.",
  retried: "Dead letters that were retried and did not fail again are listed here.",
  dismissed: "Dead letters that need no retry are listed here with the reason.",
} as const;

/** The dead letters by state: reason, payload, retry and dismissal. */
export function DeadLetters() {
  const [state, setState] = useState<DeadLetterState>("open");
  const query = useDeadLetters(state);
  const [retrying, setRetrying] = useState<DeadLetter | null>(null);
  const [dismissing, setDismissing] = useState<DeadLetter | null>(null);
  const reopen = useReopen();
  const items = query.data?.pages.flatMap((page) => page.items);
  const counts = query.data?.pages[0]?.counts;
  return (
    <Panel title="Dead letters" flush>
      <ChoiceButtons
        label="State of dead letters"
        choices={STATES}
        chosen={state}
        onChoose={setState}
        note={(value) => counts && <span className="tabular text-ink-3">{count(counts[value])}</span>}
      />
      {reopen.error && (
        <p role="alert" className="px-4 pb-3 text-critical-ink">
          {reopen.error.message}
        </p>
      )}
      {query.error && !items ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} busy={query.isFetching} />
      ) : !items ? (
        <Loading what="dead letters" className="grid gap-4 px-4 pb-4">
          <Skeleton className="h-5" />
          <Skeleton className="h-5" />
          <Skeleton className="h-5" />
        </Loading>
      ) : items.length === 0 && !query.isPlaceholderData ? (
        <EmptyState icon={MailCheck} title={state === "open" ? "No dead letters" : `No ${state} dead letters`}>
          {EMPTY[state]}
        </EmptyState>
      ) : (
        <ul className="divide-y border-t aria-busy:opacity-60" aria-busy={query.isPlaceholderData}>
          {items.map((letter) => (
            <DeadLetterItem
              key={keyOf(letter)}
              letter={letter}
              onRetry={() => setRetrying(letter)}
              onDismiss={() => setDismissing(letter)}
              onReopen={() => reopen.mutate(letter)}
            />
          ))}
        </ul>
      )}
      <ShowOlder query={query} />
      <ReplayDialog letter={retrying} onClose={() => setRetrying(null)} />
      {dismissing && <DismissDialog letter={dismissing} onClose={() => setDismissing(null)} />}
    </Panel>
  );
}

const keyOf = ({ partition, offset }: DeadLetter) => `${partition}/${offset}`;

function DeadLetterItem({
  letter,
  onRetry,
  onDismiss,
  onReopen,
}: {
  letter: DeadLetter;
  onRetry: () => void;
  onDismiss: () => void;
  onReopen: () => void;
}) {
  const { origin, size, payload } = letter;
  const truncated = payload.length < size;
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-80">
        <p className="font-medium [overflow-wrap:anywhere]">
          <VisibleText text={letter.reason} />
        </p>
        <p className="mt-0.5 text-xs [overflow-wrap:anywhere] text-ink-2">
          {letter.at && <Timestamp time={letter.at} className="tabular" />}
          {letter.source && <> · {letter.source}</>}
          {origin && (
            <>
              {" "}
              · from <Code>{`${origin.topic}/${origin.partition}/${origin.offset}`}</Code>
            </>
          )}
          {letter.failures > 1 && <> · failed {count(letter.failures)} times</>}
        </p>
        {letter.action && letter.state !== "open" && (
          <p className="mt-0.5 text-xs [overflow-wrap:anywhere] text-ink-2">
            {STATES[letter.state]} by {letter.action.actor}, <Timestamp time={letter.action.at} className="tabular" />
            {letter.action.reason && (
              <>
                : <VisibleText text={letter.action.reason} />
              </>
            )}
          </p>
        )}
        <details className="group mt-1.5">
          <summary className="w-fit cursor-pointer text-xs text-accent-strong hover:underline">
            Payload, {count(size)} {size === 1 ? "byte" : "bytes"}
          </summary>
          <div className="mt-2">
            <SourceText text={payload} language="json" label="Payload of the dead letter" className="max-h-72" />
            {truncated && (
              <p className="mt-1 text-xs text-ink-2">Only the first {count(payload.length)} characters are shown.</p>
            )}
          </div>
        </details>
      </div>
      <Allowed scope="dead_letters:write">
        <div className="flex gap-2">
          {letter.state !== "dismissed" && (
            <Button size="sm" onClick={onRetry}>
              <RotateCcw aria-hidden />
              Retry
            </Button>
          )}
          {letter.state === "open" ? (
            <Button size="sm" onClick={onDismiss}>
              Dismiss
            </Button>
          ) : (
            <Button size="sm" onClick={onReopen}>
              Reopen
            </Button>
          )}
        </div>
      </Allowed>
    </li>
  );
}
