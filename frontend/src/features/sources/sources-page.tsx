import { useQuery } from "@tanstack/react-query";
import { Cable } from "lucide-react";

import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { Loading, Skeleton } from "@/components/skeleton";
import { getSources, type Source } from "@/lib/api/sources";
import { plural } from "@/lib/format";

import { SetupGuide } from "./setup-guide";
import { SourcesTable } from "./sources-table";

const REFETCH_MS = 30_000;

/** The sources of events: the health of each, and the setup guide where there is none. */
export default function SourcesPage() {
  const query = useQuery({
    queryKey: ["sources"],
    queryFn: ({ signal }) => getSources(signal),
    refetchInterval: REFETCH_MS,
  });
  const sources = query.data;
  return (
    <>
      <PageHeader title="Sources" note={sources && sources.length > 0 && <span>{summary(sources)}</span>} />
      <div className="grid gap-3 px-4 pb-6 lg:px-6">
        {query.error && !sources ? (
          <ErrorState
            error={query.error}
            retry={() => void query.refetch()}
            busy={query.isFetching}
            className="min-h-[40vh] justify-center"
          />
        ) : sources ? (
          <>
            {sources.length > 0 ? (
              <SourcesTable sources={sources} />
            ) : (
              <Panel>
                <EmptyState icon={Cable} title="No sources yet">
                  Connect a source below. It appears here with its first poll or its first event.
                </EmptyState>
              </Panel>
            )}
            <SetupGuide open={sources.length === 0} />
          </>
        ) : (
          <Loading what="sources" className="grid gap-3">
            <Panel className="h-64">
              <Skeleton className="h-4 w-48" />
            </Panel>
          </Loading>
        )}
      </div>
    </>
  );
}

function summary(sources: readonly Source[]): string {
  const wrong = sources.filter((source) => source.state !== "ok").length;
  return wrong === 0 ? `All ${plural(sources.length, "source")} OK` : `${wrong} of ${sources.length} need attention`;
}
