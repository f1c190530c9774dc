import { ErrorState } from "@/components/error-state";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { Loading, Skeleton } from "@/components/skeleton";

import { DeadLetters } from "./dead-letters";
import { GroupPanel } from "./group-panel";
import { SourcesPanel } from "./sources-panel";
import { StatePanels } from "./state-panels";
import { usePipeline } from "./use-pipeline";

/** How the pipeline is: what answers, how far each service is, what comes in, and what could not be processed. */
export default function PipelinePage() {
  const watched = usePipeline();
  return (
    <>
      <PageHeader title="Pipeline" note={<span>Read every five seconds</span>} />
      <div className="grid gap-3 px-4 pb-6 lg:px-6">
        {watched.error && !watched.data ? (
          <ErrorState
            error={watched.error}
            retry={() => void watched.refetch()}
            busy={watched.isFetching}
            className="min-h-[40vh] justify-center"
          />
        ) : watched.data ? (
          <>
            <StatePanels watched={watched.data} />
            <div className="grid items-start gap-3 empty:hidden xl:grid-cols-2">
              {watched.data.now.groups.map((group) => (
                <GroupPanel key={group.group} group={group} />
              ))}
            </div>
            <SourcesPanel sources={watched.data.now.sources} />
          </>
        ) : (
          <Loading what="the pipeline" className="grid gap-3">
            <div className="grid grid-cols-2 gap-3 lg:grid-cols-5">
              {Array.from({ length: 5 }, (_, index) => (
                <Panel key={index} className="h-24">
                  <Skeleton className="h-3 w-16" />
                  <Skeleton className="mt-3 h-6 w-24" />
                </Panel>
              ))}
            </div>
            <div className="grid gap-3 xl:grid-cols-2">
              <Panel className="h-56">
                <Skeleton className="h-4 w-40" />
              </Panel>
              <Panel className="h-56">
                <Skeleton className="h-4 w-40" />
              </Panel>
            </div>
          </Loading>
        )}
        <DeadLetters />
      </div>
    </>
  );
}
