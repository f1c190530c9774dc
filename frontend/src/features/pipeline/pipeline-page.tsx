import { Allowed } from "@/components/allowed";
import { ErrorState } from "@/components/error-state";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { Loading, Skeleton } from "@/components/skeleton";

import { DeadLetters } from "./dead-letters";
import { GroupPanel } from "./group-panel";
import { SourcesPanel } from "./sources-panel";
import { StatusPanels } from "./status-panels";
import { usePipeline } from "./use-pipeline";

/** The pipeline: health, consumer lag, sources and dead letters. */
export default function PipelinePage() {
  const pipeline = usePipeline();
  return (
    <>
      <PageHeader title="Pipeline" note={<span>Refreshes every 5 s</span>} />
      <div className="grid gap-3 px-4 pb-6 lg:px-6">
        {pipeline.error && !pipeline.data ? (
          <ErrorState
            error={pipeline.error}
            retry={() => void pipeline.refetch()}
            busy={pipeline.isFetching}
            className="min-h-[40vh] justify-center"
          />
        ) : pipeline.data ? (
          <>
            <StatusPanels history={pipeline.data} />
            <div className="grid items-start gap-3 empty:hidden xl:grid-cols-2">
              {pipeline.data.current.groups.map((group) => (
                <GroupPanel key={group.group} group={group} />
              ))}
            </div>
            <SourcesPanel sources={pipeline.data.current.sources} />
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
        <Allowed scope="dead_letters:read">
          <DeadLetters />
        </Allowed>
      </div>
    </>
  );
}
