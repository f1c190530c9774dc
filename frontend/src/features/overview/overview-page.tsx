import { useQuery } from "@tanstack/react-query";

import { ErrorState } from "@/components/error-state";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { Loading, Skeleton } from "@/components/skeleton";
import { getSummary } from "@/lib/api/stats";
import { count } from "@/lib/format";

/** What is going on, at a glance. */
export default function OverviewPage() {
  const summary = useQuery({ queryKey: ["summary"], queryFn: ({ signal }) => getSummary({}, signal) });
  return (
    <>
      <PageHeader title="Overview" />
      <div className="grid grid-cols-2 gap-3 px-4 pb-6 lg:px-6">
        {summary.error ? (
          <ErrorState error={summary.error} retry={() => void summary.refetch()} className="col-span-full" />
        ) : (
          <>
            <Figure title="Events" value={summary.data?.total_events} />
            <Figure title="Findings" value={summary.data?.total_findings} />
          </>
        )}
      </div>
    </>
  );
}

function Figure({ title, value }: { title: string; value: number | undefined }) {
  return (
    <Panel title={title}>
      {value === undefined ? (
        <Loading what={title.toLowerCase()}>
          <Skeleton className="h-8 w-24" />
        </Loading>
      ) : (
        <p className="tabular text-2xl font-semibold tracking-tight">{count(value)}</p>
      )}
    </Panel>
  );
}
