import { Maximize2 } from "lucide-react";
import { Link } from "react-router";

import { Button } from "@/components/button";
import { CopyButton } from "@/components/copy-button";
import { ErrorState } from "@/components/error-state";
import { Sheet } from "@/components/sheet";
import { Loading, Skeleton } from "@/components/skeleton";
import { ApiError } from "@/lib/api/errors";
import type { Finding } from "@/lib/api/findings";

import { FindingView } from "./finding-view";
import { useFinding } from "./use-finding";

/** The drawer of one finding, over the list. */
export function FindingSheet({
  id,
  known,
  onClose,
}: {
  id: number | null;
  known: Finding | undefined;
  onClose: () => void;
}) {
  const { finding, error, refetch, isFetching } = useFinding(id, known);
  return (
    <Sheet
      open={id !== null}
      onClose={onClose}
      title={id === null ? "" : `Finding ${id}`}
      actions={
        id !== null && (
          <>
            <CopyButton text={new URL(`/app/findings/${id}`, window.location.origin).href} label="Copy link" />
            <Button variant="quiet" size="icon-sm" asChild>
              <Link to={`/findings/${id}`} aria-label="Open as a page" title="Open as a page">
                <Maximize2 aria-hidden />
              </Link>
            </Button>
          </>
        )
      }
    >
      {finding && finding.id === id ? (
        <FindingView finding={finding} titled />
      ) : error ? (
        <FindingError error={error} id={id} retry={() => void refetch()} busy={isFetching} />
      ) : (
        <FindingSkeleton />
      )}
    </Sheet>
  );
}

/** A finding that does not exist or could not be loaded. */
export function FindingError({
  error,
  id,
  retry,
  busy,
}: {
  error: Error;
  id: number | null;
  retry: () => void;
  busy: boolean;
}) {
  const missing = error instanceof ApiError && error.status === 404;
  return (
    <ErrorState
      error={missing ? new Error(`Finding ${id} does not exist.`) : error}
      retry={missing ? undefined : retry}
      busy={busy}
    />
  );
}

/** Placeholder of a loading finding. */
export function FindingSkeleton() {
  return (
    <Loading what="the finding" className="space-y-4 p-5">
      <Skeleton className="h-5 w-40" />
      <Skeleton className="h-6 w-4/5" />
      <Skeleton className="h-16" />
      <Skeleton className="mt-8 h-4 w-32" />
      <Skeleton className="h-28" />
      <Skeleton className="mt-8 h-4 w-32" />
      <Skeleton className="h-40" />
    </Loading>
  );
}
