import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { SeverityBadge } from "@/components/severity-badge";
import { StatusBadge } from "@/components/status-badge";
import { SuppressedBadge } from "@/components/suppressed-badge";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import { WithdrawnBadge } from "@/components/withdrawn-badge";
import type { Finding } from "@/lib/api/findings";
import { getRule } from "@/lib/api/rules";
import { count } from "@/lib/format";

import { subjectOf } from "../subject";
import { TimelineSection } from "../triage/timeline-section";
import { TriagePanel } from "../triage/triage-panel";
import { Events } from "./events";
import { Explanation } from "./explanation";
import { Controls, Runbook } from "./guidance";
import { Related } from "./related";
import { Score } from "./score";
import { SuppressedNotice } from "./suppressed";
import { WhyRaised } from "./why-raised";
import { History, WithdrawnNotice } from "./withdrawn";

/** A finding in full; `titled` repeats the title, where the page around it does not have it. */
export function FindingView({ finding, titled = false }: { finding: Finding; titled?: boolean }) {
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
          <StatusBadge status={finding.status} />
          {finding.withdrawn && <WithdrawnBadge />}
          {finding.suppressed_by !== null && <SuppressedBadge number={finding.suppressed_by} />}
          {titled && <span className="font-medium">{finding.title}</span>}
        </div>
        <p className="mt-2 max-w-[60ch] text-lg font-medium text-balance break-words">
          <VisibleText text={finding.description} />
        </p>
        <WithdrawnNotice finding={finding} />
        <SuppressedNotice finding={finding} />
        <Summary finding={finding} />
      </div>
      {/* two columns where there is room; else one, with the score before its evidence */}
      <div className="flex flex-col @4xl:grid @4xl:grid-cols-[minmax(0,1fr)_minmax(20rem,26rem)] @4xl:border-t">
        <div className="contents @4xl:block [&>:first-child]:@4xl:border-t-0">
          <Explanation key={finding.id} finding={finding} runbook={rule?.runbook} />
          <WhyRaised finding={finding} rule={rule} />
          <Events key={`events.${finding.id}`} finding={finding} />
        </div>
        <div className="contents @4xl:block @4xl:border-l [&>:first-child]:@4xl:border-t-0">
          <TriagePanel key={`triage.${finding.id}`} finding={finding} />
          <Score finding={finding} />
          <History finding={finding} />
          <TimelineSection finding={finding} />
          {rule && <Runbook rule={rule} />}
          {rule && <Controls rule={rule} />}
          {finding.user !== null && <Related findingId={finding.id} user={finding.user} />}
        </div>
      </div>
    </article>
  );
}

/** The figures of a finding, each as docs/glossary.md defines it. */
function Summary({ finding }: { finding: Finding }) {
  const { user, source, detection_count, first_seen, last_seen } = finding;
  return (
    <dl className="mt-4 grid grid-cols-2 gap-x-6 gap-y-3 @lg:grid-cols-3 @4xl:grid-cols-5">
      {user ? (
        <Fact title="User">
          <Link to={`/users/${encodeURIComponent(user)}`} title={user} className="hover:underline">
            <VisibleText text={user} />
          </Link>
        </Fact>
      ) : (
        <Fact title="Subject">
          <VisibleText text={subjectOf(finding)} />
        </Fact>
      )}
      {source && <Fact title="Source">{source}</Fact>}
      <Fact title="Detections" note="How many times the rule's condition was met">
        <span className="tabular">{count(detection_count)}</span>
      </Fact>
      <Fact title="First seen" note="When the rule's condition was first met">
        <Timestamp time={first_seen} className="tabular" />
      </Fact>
      {last_seen !== first_seen && (
        <Fact title="Last seen" note="When the rule's condition was last met">
          <Timestamp time={last_seen} className="tabular" />
        </Fact>
      )}
    </dl>
  );
}

function Fact({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  return (
    <div className="min-w-0" title={note}>
      <dt className="text-xs text-ink-2">{title}</dt>
      <dd className="truncate">{children}</dd>
    </div>
  );
}
