import { useQuery } from "@tanstack/react-query";
import { createSerializer } from "nuqs";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";

import { Button } from "@/components/button";
import { ErrorState } from "@/components/error-state";
import { JsonView } from "@/components/json-view";
import { RiskScore } from "@/components/risk-score";
import { SeverityBadge } from "@/components/severity-badge";
import { Sheet } from "@/components/sheet";
import { Loading, Skeleton } from "@/components/skeleton";
import { VisibleText } from "@/components/visible-text";
import { type Event, type EventDetails, getEvent } from "@/lib/api/events";
import { words } from "@/lib/format";

import { allFacts, type Fact, searchOf } from "./facts";
import { fields } from "./fields";
import { filterParsers } from "./filters";

/** An event in full: its facts, matching rules, related findings, and the raw event. */
export function EventDrawer({
  id,
  known,
  onClose,
}: {
  id: number;
  /** The event as the list has it, shown until the details have loaded. */
  known: Event | undefined;
  onClose: () => void;
}) {
  const details = useQuery({ queryKey: ["events", "one", id], queryFn: ({ signal }) => getEvent(id, signal) });
  const event = details.data ?? known;
  return (
    <Sheet
      open
      onClose={onClose}
      title={
        event ? <span className="inline-block first-letter:uppercase">{words(event.event_type)}</span> : `Event ${id}`
      }
    >
      {event && <EventFacts event={event} />}
      {details.error ? (
        <ErrorState error={details.error} retry={() => void details.refetch()} busy={details.isFetching} />
      ) : (
        <EventOutcome details={details.data} />
      )}
      {event && <RawEvent event={event} />}
    </Sheet>
  );
}

function EventFacts({ event }: { event: Event }) {
  return (
    <dl className="grid grid-cols-[8rem_1fr] gap-x-3 gap-y-1.5 px-4 py-4">
      {fields
        .filter((field) => field.fact)
        .map(({ id, title, show }) => (
          <div key={id} className="contents">
            <dt className="text-ink-2">{title}</dt>
            <dd className="min-w-0 [overflow-wrap:anywhere]">
              {show(event) ?? <span className="text-ink-3">None</span>}
            </dd>
          </div>
        ))}
    </dl>
  );
}

function EventOutcome({ details }: { details: EventDetails | undefined }) {
  if (!details)
    return (
      <Loading what="rules and findings" className="grid gap-3 border-t px-4 py-4">
        <Skeleton className="h-4 w-40" />
        <Skeleton className="h-4 w-72" />
        <Skeleton className="h-4 w-56" />
      </Loading>
    );
  return (
    <>
      <Section title="Matching rules">
        {details.matched_rules.length === 0 ? (
          <p className="text-ink-2">No rule matches this event on its own.</p>
        ) : (
          <ul className="grid gap-1.5">
            {details.matched_rules.map((rule) => (
              <li key={rule.rule_id} className="flex items-center gap-3">
                <SeverityBadge severity={rule.level} className="w-20" />
                <Link to={`/rules/${encodeURIComponent(rule.rule_name)}`} className="min-w-0 truncate hover:underline">
                  {rule.title}
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Section>
      <Section title="Related findings">
        {details.findings.length === 0 ? (
          <p className="text-ink-2">No findings</p>
        ) : (
          <ul className="grid gap-1.5">
            {details.findings.map((finding) => (
              <li key={finding.uid} className="flex items-center gap-3">
                <SeverityBadge severity={finding.severity} className="w-20" />
                <Link to={`/findings/${finding.id}`} className="min-w-0 flex-1 truncate hover:underline">
                  {finding.title}
                </Link>
                <RiskScore score={finding.risk_score ?? null} />
              </li>
            ))}
          </ul>
        )}
      </Section>
    </>
  );
}

function RawEvent({ event }: { event: Event }) {
  return (
    <>
      <Section title={event.attributes ? "Normalized facts" : "Facts"}>
        <SearchableFacts facts={allFacts(event)} />
      </Section>
      <Section title="Raw event">
        {event.raw_data ? (
          <JsonView value={event.raw_data} label="Raw event" className="max-h-none" />
        ) : (
          <p className="text-ink-2">Your access does not include raw data (scope raw_data:read).</p>
        )}
      </Section>
    </>
  );
}

const MAX_SHOWN = 60;

/** Facts, each a link to the events that share it. */
function SearchableFacts({ facts }: { facts: readonly Fact[] }) {
  const [all, setAll] = useState(false);
  if (facts.length === 0) return <p className="text-ink-2">None</p>;
  return (
    <>
      <dl className="grid grid-cols-[minmax(7rem,auto)_1fr] gap-x-3 gap-y-1 text-xs">
        {(all ? facts : facts.slice(0, MAX_SHOWN)).map((fact) => (
          <div key={`${fact.name}\n${fact.value}`} className="contents">
            <dt className="font-mono leading-5 [overflow-wrap:anywhere] text-ink-2">
              <VisibleText text={fact.name} />
            </dt>
            <dd className="min-w-0 font-mono leading-5 [overflow-wrap:anywhere]">
              <FactLink fact={fact} />
            </dd>
          </div>
        ))}
      </dl>
      {facts.length > MAX_SHOWN && (
        <Button variant="link" size="text" className="mt-1 text-xs" onClick={() => setAll(!all)} aria-expanded={all}>
          {all ? "Show fewer" : `Show ${facts.length - MAX_SHOWN} more`}
        </Button>
      )}
    </>
  );
}

function FactLink({ fact }: { fact: Fact }) {
  const search = searchOf(fact);
  const text = fact.value === "" ? <span className="text-ink-3">Empty</span> : <VisibleText text={fact.value} />;
  if (search === null) return text;
  return (
    <Link
      to={{ pathname: "/events", search: createSerializer(filterParsers)({ fact: [search] }) }}
      title={`Filter events by ${fact.name}`}
      className="hover:text-accent-strong hover:underline"
    >
      {text}
    </Link>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-t px-4 pt-3 pb-4">
      <h3 className="mb-2 font-semibold">{title}</h3>
      {children}
    </section>
  );
}
