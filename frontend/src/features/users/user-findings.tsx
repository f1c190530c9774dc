import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { ErrorState } from "@/components/error-state";
import { FindingLines } from "@/components/finding-lines";
import { Panel } from "@/components/panel";
import { SeverityBadge } from "@/components/severity-badge";
import { Loading, Skeleton } from "@/components/skeleton";
import { getFindings } from "@/lib/api/findings";
import type { UserActivity } from "@/lib/api/users";
import { count } from "@/lib/format";
import { SEVERITIES } from "@/lib/severity";

const SHOWN = 8;

/** The findings of a user: counts by severity, and the riskiest ones. */
export function UserFindings({ user }: { user: UserActivity }) {
  const query = `user=${encodeURIComponent(user.user)}`;
  const riskiest = useQuery({
    queryKey: ["findings", "of user", user.user],
    queryFn: ({ signal }) =>
      getFindings({ user: user.user, sort: "risk_score", order: "desc", page_size: SHOWN }, signal),
    enabled: user.findings > 0,
  });
  return (
    <Panel
      title="Findings"
      flush
      className="self-start"
      aside={
        user.findings > SHOWN && (
          <Link to={`/findings?${query}`} className="text-xs text-accent-strong hover:underline">
            All {count(user.findings)}
          </Link>
        )
      }
    >
      <ul className="flex flex-wrap gap-x-4 gap-y-1 border-b px-4 pb-3">
        {SEVERITIES.map((severity) => (
          <li key={severity}>
            <Link
              to={`/findings?${query}&severity=${severity}`}
              className="flex min-h-6 items-center gap-1.5 hover:underline"
            >
              <SeverityBadge severity={severity} />{" "}
              <span className="tabular font-medium">{count(user.findings_by_severity[severity] ?? 0)}</span>
            </Link>
          </li>
        ))}
      </ul>
      {user.findings === 0 && <p className="px-4 py-6 text-center text-ink-2">No findings for this user</p>}
      {riskiest.error && (
        <ErrorState error={riskiest.error} retry={() => void riskiest.refetch()} busy={riskiest.isFetching} />
      )}
      {riskiest.isLoading && (
        <Loading what="findings" className="grid gap-5 px-4 py-4">
          {Array.from({ length: Math.min(user.findings, SHOWN) }, (_, index) => (
            <Skeleton key={index} className="h-5" />
          ))}
        </Loading>
      )}
      {riskiest.data && <FindingLines findings={riskiest.data.items} show="title" />}
    </Panel>
  );
}
