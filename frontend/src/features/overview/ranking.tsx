import { Link, type To } from "react-router";

import { RiskScore } from "@/components/risk-score";
import { SeverityIcon } from "@/components/severity-badge";
import { Loading, Skeleton } from "@/components/skeleton";
import { count } from "@/lib/format";
import type { Severity } from "@/lib/severity";

export interface Ranked {
  key: string;
  title: string;
  to: To;
  severity: Severity;
  findings: number;
  risk_score: number | null;
}

const PLACES = 8;

/** Rules or users by the highest score among their findings. */
export function Ranking({ label, items }: { label: string; items: readonly Ranked[] | undefined }) {
  if (items === undefined)
    return (
      <Loading what={label.toLowerCase()}>
        {Array.from({ length: PLACES }, (_, index) => (
          <div key={index} className="flex h-9 items-center px-4">
            <Skeleton className="h-3.5 w-full" />
          </div>
        ))}
      </Loading>
    );
  if (items.length === 0) return <p className="px-4 py-6 text-center text-ink-2">No results</p>;
  return (
    <ol aria-label={label} className="pb-1.5">
      {items.map(({ key, title, to, severity, findings, risk_score }) => (
        <li key={key}>
          <Link to={to} className="flex h-9 items-center gap-2.5 px-4 hover:bg-sunken">
            <SeverityIcon severity={severity} />
            <span className="sr-only">{severity}</span>
            <span className="min-w-0 flex-1 truncate">{title}</span>
            <span className="tabular w-9 text-right text-xs text-ink-2">
              {count(findings)}
              <span className="sr-only">{findings === 1 ? " finding" : " findings"}</span>
            </span>
            <RiskScore score={risk_score} />
          </Link>
        </li>
      ))}
    </ol>
  );
}
