import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import { type Finding, getFindingHistory } from "@/lib/api/findings";
import { words } from "@/lib/format";

import { isRecomputed, withdrawnBy } from "./evidence";
import { Section } from "./section";

/** Says that later evidence withdrew a finding, and names the event that decided, or the counts that did. */
export function WithdrawnNotice({ finding }: { finding: Finding }) {
  const decided = withdrawnBy(finding);
  if (!decided) return null;
  if (typeof decided.reason === "string")
    return (
      <p role="note" className="mt-3 rounded-md border border-l-4 bg-sunken px-3 py-2.5">
        <strong>Withdrawn by later evidence.</strong> <VisibleText text={decided.reason} /> The finding is kept, and
        counted apart.
      </p>
    );
  return (
    <p role="note" className="mt-3 rounded-md border border-l-4 bg-sunken px-3 py-2.5">
      <strong>Withdrawn by later evidence.</strong> The event {words(decided.event_type)} of{" "}
      <VisibleText text={decided.source} />
      {decided.user !== null && (
        <>
          {" "}
          by <VisibleText text={decided.user} />
        </>
      )}{" "}
      at <Timestamp time={decided.at} className="tabular" /> arrived later and says otherwise. The finding is kept, and
      counted apart.
    </p>
  );
}

/** When a recomputed rule's finding stood and was withdrawn; nothing for other rules. */
export function History({ finding }: { finding: Finding }) {
  const { data } = useQuery({
    queryKey: ["findings", finding.id, "history", finding.version],
    queryFn: ({ signal }) => getFindingHistory(finding.id, signal),
    enabled: isRecomputed(finding),
  });
  if (!data || data.length === 0) return null;
  return (
    <Section title="History" className="order-5">
      <ol className="grid gap-1">
        {data.map(({ version, state, event_id, event_type, event_at }) => (
          <li key={version} className="flex flex-wrap gap-x-2">
            <span className="font-medium">{state === "withdrawn" ? "Withdrawn" : "Standing"}</span>
            <span className="text-ink-2">
              decided by{" "}
              {event_id === null ? (
                "an event"
              ) : (
                <Link to={`/events?event=${event_id}`} className="text-accent-strong underline underline-offset-2">
                  {words(event_type ?? "event")}
                </Link>
              )}{" "}
              at <Timestamp time={event_at} className="tabular" />
            </span>
          </li>
        ))}
      </ol>
    </Section>
  );
}
