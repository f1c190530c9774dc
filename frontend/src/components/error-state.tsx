import { RefreshCw, TriangleAlert } from "lucide-react";

import { ApiError, UnreachableError } from "@/lib/api/errors";
import { cn } from "@/lib/class-names";
import { ChunkLoadError } from "@/lib/lazy-chunk";

import { Button } from "./button";
import { Code } from "./code";

function describe(error: unknown): { title: string; detail: string; requestId: string | null } {
  if (error instanceof ApiError)
    return { title: error.problem.title, detail: error.problem.detail, requestId: error.requestId };
  if (error instanceof UnreachableError)
    return {
      title: "Can't reach the API",
      detail: "It may be restarting, or the connection is down. Retrying automatically.",
      requestId: null,
    };
  if (error instanceof ChunkLoadError)
    return {
      title: "This page could not be loaded",
      detail:
        "The server is unreachable, or the dashboard was updated. The page reloads as soon as the server responds.",
      requestId: null,
    };
  return {
    title: "Something went wrong",
    detail: error instanceof Error ? error.message : "No details are available.",
    requestId: null,
  };
}

/** Error state: what went wrong, the request id to find it in the log, and a retry. */
export function ErrorState({
  error,
  retry,
  busy = false,
  className,
}: {
  error: unknown;
  retry?: () => void;
  busy?: boolean;
  className?: string;
}) {
  const { title, detail, requestId } = describe(error);
  return (
    <div role="alert" className={cn("flex flex-col items-center gap-2 px-6 py-10 text-center", className)}>
      <span className="mb-1 grid size-10 place-items-center rounded-full bg-critical-tint text-critical-ink">
        <TriangleAlert aria-hidden className="size-5" />
      </span>
      <p className="text-base font-semibold">{title}</p>
      <p className="max-w-md text-ink-2">{detail}</p>
      {requestId && (
        <p className="text-xs text-ink-2">
          Request <Code className="select-all">{requestId}</Code>
        </p>
      )}
      {retry && (
        <Button className="mt-2" onClick={retry} disabled={busy}>
          <RefreshCw aria-hidden className={cn(busy && "animate-spin")} />
          Try again
        </Button>
      )}
    </div>
  );
}
