import { MailCheck, RotateCcw } from "lucide-react";
import { useState } from "react";

import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Code } from "@/components/code";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { Panel } from "@/components/panel";
import { Loading, Skeleton } from "@/components/skeleton";
import { SourceText } from "@/components/source-text";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import type { DeadLetter } from "@/lib/api/pipeline";
import { count } from "@/lib/format";

import { ReplayDialog } from "./replay-dialog";
import { useDeadLetters } from "./use-pipeline";

/** The dead letters: reason, payload, and retry. */
export function DeadLetters() {
  const query = useDeadLetters();
  const [retrying, setRetrying] = useState<DeadLetter | null>(null);
  // Kafka records retries only up to the first letter that was not retried; the retries of this window are kept here
  const [retried, setRetried] = useState<ReadonlySet<string>>(new Set());
  const items = query.data?.pages.flatMap((page) => page.items);
  return (
    <Panel title="Dead letters" flush>
      {query.error && !items ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} busy={query.isFetching} />
      ) : !items ? (
        <Loading what="dead letters" className="grid gap-4 px-4 pb-4">
          <Skeleton className="h-5" />
          <Skeleton className="h-5" />
          <Skeleton className="h-5" />
        </Loading>
      ) : items.length === 0 ? (
        <EmptyState icon={MailCheck} title="No dead letters">
          A record that cannot be processed is kept here with the reason, and can be retried once that is fixed.
        </EmptyState>
      ) : (
        <ul className="divide-y border-t">
          {items.map((letter) => (
            <DeadLetterItem
              key={keyOf(letter)}
              letter={letter}
              retried={letter.replayed || retried.has(keyOf(letter))}
              onRetry={() => setRetrying(letter)}
            />
          ))}
        </ul>
      )}
      {query.hasNextPage && (
        <div className="border-t p-3 text-center">
          <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
            Show older
          </Button>
        </div>
      )}
      <ReplayDialog
        letter={retrying}
        onRetried={(letter) => setRetried(new Set([...retried, keyOf(letter)]))}
        onClose={() => setRetrying(null)}
      />
    </Panel>
  );
}

const keyOf = ({ partition, offset }: DeadLetter) => `${partition}/${offset}`;

function DeadLetterItem({ letter, retried, onRetry }: { letter: DeadLetter; retried: boolean; onRetry: () => void }) {
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
        </p>
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
      {retried && <Badge tone="accent">Retried</Badge>}
      <Button size="sm" onClick={onRetry}>
        <RotateCcw aria-hidden />
        Retry
      </Button>
    </li>
  );
}
