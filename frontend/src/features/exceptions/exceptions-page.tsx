import { useInfiniteQuery } from "@tanstack/react-query";
import { ShieldCheck, ShieldOff } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";

import { Allowed } from "@/components/allowed";
import { Button } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { ExceptionDialog } from "@/components/exceptions/exception-dialog";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { Loading, Skeleton } from "@/components/skeleton";
import { getExceptions } from "@/lib/api/exceptions";

import { ExceptionItem } from "./exception-item";

const REFETCH_MS = 30_000;

/** All exceptions, the newest first, with what each hides and its history. */
export default function ExceptionsPage() {
  const [making, setMaking] = useState(false);
  const [query] = useSearchParams();
  const linked = Number(query.get("exception"));
  const list = useInfiniteQuery({
    queryKey: ["exceptions", "list"],
    queryFn: ({ pageParam, signal }) => getExceptions(pageParam, signal),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: REFETCH_MS,
  });
  const exceptions = list.data?.pages.flatMap((page) => page.items);
  const active = exceptions?.filter(({ state }) => state === "active").length;
  return (
    <>
      <PageHeader
        title="Exceptions"
        note={active !== undefined && <span className="tabular">{active} active</span>}
        actions={
          <Allowed scope="exceptions:write">
            <Button variant="solid" onClick={() => setMaking(true)}>
              <ShieldOff aria-hidden />
              New exception
            </Button>
          </Allowed>
        }
      />
      <div className="px-0 pb-6 md:px-4 lg:px-6">
        <Panel flush className="rounded-none border-x-0 md:rounded-lg md:border-x">
          {list.error && !list.data && (
            <ErrorState error={list.error} retry={() => void list.refetch()} busy={list.isFetching} />
          )}
          {list.isPending && (
            <Loading what="exceptions" className="space-y-3 p-4">
              <Skeleton className="h-16" />
              <Skeleton className="h-16" />
            </Loading>
          )}
          {exceptions?.length === 0 && (
            <EmptyState icon={ShieldCheck} title="No exceptions">
              An exception suppresses findings that are known and accepted, for a limited time. Make one from a finding:
              “Exclude user from rule…”.
            </EmptyState>
          )}
          <ul aria-label="Exceptions" className="divide-y">
            {exceptions?.map((exception) => (
              <ExceptionItem key={exception.id} exception={exception} open={exception.id === linked} />
            ))}
          </ul>
          {list.hasNextPage && (
            <div className="border-t p-3 text-center">
              <Button disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                Show more
              </Button>
            </div>
          )}
        </Panel>
      </div>
      {making && <ExceptionDialog onClose={() => setMaking(false)} />}
    </>
  );
}
