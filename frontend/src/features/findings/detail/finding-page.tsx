import { useParams } from "react-router";

import { NotFound } from "@/components/not-found";
import { CopyButton } from "@/components/copy-button";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { ApiError } from "@/lib/api/errors";

import { FindingError, FindingSkeleton } from "./finding-sheet";
import { FindingView } from "./finding-view";
import { useFinding } from "./use-finding";

const CRUMBS = [{ title: "Findings", to: "/findings" }];

/** The page of one finding. */
export default function FindingPage() {
  const { findingId } = useParams();
  const id = /^\d+$/.test(findingId ?? "") ? Number(findingId) : null;
  const { finding, error, refetch, isFetching } = useFinding(id);
  if (id === null || (error instanceof ApiError && error.status === 404)) return <NotFound what="Finding" />;
  return (
    <>
      <PageHeader
        title={finding ? finding.title : `Finding ${id}`}
        crumbs={CRUMBS}
        actions={<CopyButton text={window.location.href} label="Copy link" />}
      />
      <div className="px-0 pb-6 md:px-4 lg:px-6">
        <Panel flush className="mx-auto w-full max-w-7xl rounded-none border-x-0 md:rounded-lg md:border-x">
          {finding ? (
            <FindingView finding={finding} />
          ) : error ? (
            <FindingError error={error} id={id} retry={() => void refetch()} busy={isFetching} />
          ) : (
            <FindingSkeleton />
          )}
        </Panel>
      </div>
    </>
  );
}
