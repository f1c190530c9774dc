import { Link } from "react-router";

import type { Finding } from "@/lib/api/findings";

import { RiskScore } from "./risk-score";
import { SeverityBadge } from "./severity-badge";
import { Ago } from "./timestamp";

/** Findings as a compact list, one line each. */
export function FindingLines({ findings, show }: { findings: readonly Finding[]; show: "title" | "user" }) {
  return (
    <ul className="divide-y">
      {findings.map((finding) => (
        <li key={finding.uid} className="flex min-h-10 items-center gap-3 px-4 hover:bg-sunken">
          <SeverityBadge severity={finding.severity} className="w-20 shrink-0" />
          <Link
            to={`/findings/${finding.id}`}
            className="min-w-0 flex-1 truncate hover:underline"
            title={finding.description}
          >
            {show === "title" ? finding.title : (finding.user ?? finding.description)}
          </Link>
          <RiskScore score={finding.risk_score ?? null} className="max-sm:hidden" />
          <Ago time={finding.last_seen} className="tabular w-20 text-right text-ink-2" />
        </li>
      ))}
    </ul>
  );
}
