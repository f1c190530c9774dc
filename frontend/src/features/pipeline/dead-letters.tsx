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
import { When } from "@/components/when";
import type { DeadLetter } from "@/lib/api/pipeline";
import { count } from "@/lib/format";

import { ReplayDialog } from "./replay-dialog";
import { useDeadLetters } from "./use-pipeline";

/** What could not be processed: why, what it was, and the way back into the pipeline. */
export function DeadLetters() {
  const letters = useDeadLetters();
  const [resending, setResending] = useState<DeadLetter | null>(null);
  // Kafka notes what was sent again up to the first letter that was not; what was sent from here is known here
  const [sent, setSent] = useState<ReadonlySet<string>>(new Set());
  const items = letters.data?.pages.flatMap((page) => page.items);
  return (
    <Panel title="Dead letters" flush>
      {letters.error && !items ? (
        <ErrorState error={letters.error} retry={() => void letters.refetch()} busy={letters.isFetching} />
      ) : !items ? (
        <Loading what="dead letters" className="grid gap-4 px-4 pb-4">
          <Skeleton className="h-5" />
          <Skeleton className="h-5" />
          <Skeleton className="h-5" />
        </Loading>
      ) : items.length === 0 ? (
        <EmptyState icon={MailCheck} title="Nothing was refused">
          A record that cannot be read is kept here with the reason, and can be sent again once that is mended.
        </EmptyState>
      ) : (
        <ul className="divide-y border-t">
          {items.map((letter) => (
            <Letter
              key={keyOf(letter)}
              letter={letter}
              sent={letter.replayed || sent.has(keyOf(letter))}
              onResend={() => setResending(letter)}
            />
          ))}
        </ul>
      )}
      {letters.hasNextPage && (
        <div className="border-t p-3 text-center">
          <Button onClick={() => void letters.fetchNextPage()} disabled={letters.isFetchingNextPage}>
            Older ones
          </Button>
        </div>
      )}
      <ReplayDialog
        letter={resending}
        onSent={(letter) => setSent(new Set([...sent, keyOf(letter)]))}
        onClose={() => setResending(null)}
      />
    </Panel>
  );
}

const keyOf = ({ partition, offset }: DeadLetter) => `${partition}/${offset}`;

function Letter({ letter, sent, onResend }: { letter: DeadLetter; sent: boolean; onResend: () => void }) {
  const { origin, size, payload } = letter;
  const cut = payload.length < size;
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 py-3">
      <div className="min-w-0 flex-1 basis-80">
        <p className="font-medium [overflow-wrap:anywhere]">{letter.reason}</p>
        <p className="mt-0.5 text-xs [overflow-wrap:anywhere] text-ink-2">
          {letter.at && <When time={letter.at} className="tabular" />}
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
            {cut && (
              <p className="mt-1 text-xs text-ink-2">Only the first {count(payload.length)} characters are shown.</p>
            )}
          </div>
        </details>
      </div>
      {sent && <Badge tone="accent">Sent again</Badge>}
      <Button size="sm" onClick={onResend}>
        <RotateCcw aria-hidden />
        Send again
      </Button>
    </li>
  );
}
