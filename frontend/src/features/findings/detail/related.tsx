import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { ErrorState } from "@/components/error-state";
import { RiskScore } from "@/components/risk-score";
import { SeverityIcon } from "@/components/severity-badge";
import { Loading, Skeleton } from "@/components/skeleton";
import { Ago } from "@/components/timestamp";
import { getFindings } from "@/lib/api/findings";

import { Section } from "./section";

const MOST = 6;

/** The other findings of the same user, riskiest first. */
export function Related({ findingId, user }: { findingId: number; user: string }) {
  const query = useQuery({
    queryKey: ["findings", "related", user],
    queryFn: ({ signal }) => getFindings({ user, sort: "risk_score", page_size: MOST + 1 }, signal),
  });
  const others = query.data?.items.filter((item) => item.id !== findingId).slice(0, MOST) ?? [];
  return (
    <Section
      className="order-7"
      title={`Other findings for ${user}`}
      aside={
        query.data &&
        query.data.total > 1 && (
          <Link
            to={`/findings?user=${encodeURIComponent(user)}`}
            className="shrink-0 text-accent-strong hover:underline"
          >
            All {query.data.total}
          </Link>
        )
      }
    >
      {query.error && <ErrorState error={query.error} retry={() => void query.refetch()} />}
      {query.isPending && (
        <Loading what="related findings" className="space-y-3">
          <Skeleton className="h-4" />
          <Skeleton className="h-4" />
        </Loading>
      )}
      {query.data && others.length === 0 && <p className="text-ink-2">No other findings</p>}
      <ul className="-mx-2">
        {others.map((other) => (
          <li key={other.id}>
            <Link
              to={`/findings/${other.id}`}
              className="flex min-h-8 items-center gap-2.5 rounded-sm px-2 hover:bg-sunken"
            >
              <SeverityIcon severity={other.severity} />
              <span className="sr-only">{other.severity}</span>
              <span className="min-w-0 flex-1 truncate">{other.title}</span>
              <RiskScore score={other.risk_score} />
              <Ago time={other.first_seen} className="tabular w-20 text-right text-xs text-ink-2" />
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}
