import { useQuery } from "@tanstack/react-query";

import { findingFields } from "../list/fields";
import { SeverityBadge } from "@/components/severity-badge";
import type { Finding } from "@/lib/api/findings";
import { getRule } from "@/lib/api/rules";

import { Events } from "./events";
import { Explanation } from "./explanation";
import { Controls, Runbook } from "./guidance";
import { Related } from "./related";
import { Score } from "./score";
import { WhyRaised } from "./why-raised";

/** A finding in full; the same in the drawer and on its page. */
export function FindingView({ finding }: { finding: Finding }) {
  const { data: rule } = useQuery({
    queryKey: ["rules", finding.rule_name],
    queryFn: ({ signal }) => getRule(finding.rule_name, signal),
    staleTime: 300_000,
  });
  return (
    <article aria-label={finding.title} className="@container">
      <div className="px-4 py-4 sm:px-5">
        <div className="flex flex-wrap items-center gap-2">
          <SeverityBadge severity={finding.severity} />
          <span className="text-ink-2">{finding.title}</span>
        </div>
        <p className="mt-2 max-w-[60ch] text-lg font-medium text-balance break-words">{finding.description}</p>
        <dl className="mt-4 grid grid-cols-2 gap-x-6 gap-y-3 @lg:grid-cols-3 @4xl:grid-cols-5">
          {findingFields
            .filter((field) => field.fact)
            .map(({ id, title, show }) => (
              <div key={id} className="min-w-0">
                <dt className="text-xs text-ink-2">{title}</dt>
                <dd className="truncate">{show(finding)}</dd>
              </div>
            ))}
        </dl>
      </div>
      {/* two columns where there is room; else one, with the score before its evidence */}
      <div className="flex flex-col @4xl:grid @4xl:grid-cols-[minmax(0,1fr)_minmax(20rem,26rem)] @4xl:border-t">
        <div className="contents @4xl:block [&>:first-child]:@4xl:border-t-0">
          <Explanation key={finding.id} finding={finding} />
          <WhyRaised finding={finding} looksFor={rule?.summary} />
          <Events key={`events.${finding.id}`} findingId={finding.id} version={finding.version} />
        </div>
        <div className="contents @4xl:block @4xl:border-l [&>:first-child]:@4xl:border-t-0">
          <Score finding={finding} />
          {rule && <Runbook rule={rule} />}
          {rule && <Controls rule={rule} />}
          {finding.user !== null && <Related findingId={finding.id} user={finding.user} />}
        </div>
      </div>
    </article>
  );
}
