import { useQuery } from "@tanstack/react-query";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";

import { ErrorState } from "@/components/error-state";
import { JsonView } from "@/components/json-view";
import { Loading, Skeleton } from "@/components/skeleton";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import { type Finding, getFindingEvents } from "@/lib/api/findings";
import { cn } from "@/lib/class-names";
import { plural, words } from "@/lib/format";

import { Section } from "./section";
import { Timeline } from "./timeline";

const INITIALLY_SHOWN = 8;

/** The events of the finding: on a timeline, and as a list with their raw data. */
export function Events({ finding }: { finding: Finding }) {
  const { id: findingId, version } = finding;
  const [expanded, setExpanded] = useState(false);
  const events = useQuery({
    // a newer version may have more events
    queryKey: ["findings", "events", findingId, version],
    queryFn: ({ signal }) => getFindingEvents(findingId, signal),
    placeholderData: (before, query) => (query?.queryKey[2] === findingId ? before : undefined),
  });
  const items = events.data?.items ?? [];
  const shown = expanded ? items : items.slice(0, INITIALLY_SHOWN);
  return (
    <Section
      className="order-4"
      title="Events"
      aside={
        events.data && (
          <span title="The events that led to the finding" className="tabular text-xs text-ink-2">
            {plural(events.data.total, "event")}
          </span>
        )
      }
    >
      {events.error && <ErrorState error={events.error} retry={() => void events.refetch()} busy={events.isFetching} />}
      {events.isPending && (
        <Loading what="events" className="space-y-3 py-2">
          <Skeleton className="h-10" />
          {[0, 1, 2].map((each) => (
            <Skeleton key={each} className="h-4" />
          ))}
        </Loading>
      )}
      {items.length > 1 && <Timeline events={items} firstSeen={finding.first_seen} />}
      {events.data && items.length === 0 && <p className="text-ink-2">The events have been deleted.</p>}
      <ul className="-mx-2">
        {shown.map((event) => (
          <EventLine key={event.id} event={event} finding={finding} />
        ))}
      </ul>
      {items.length > INITIALLY_SHOWN && (
        <button
          type="button"
          onClick={() => setExpanded(!expanded)}
          aria-expanded={expanded}
          className="mt-1 font-medium text-accent-strong hover:underline"
        >
          {expanded ? "Show fewer" : `Show all ${items.length}`}
        </button>
      )}
    </Section>
  );
}

type Event = Awaited<ReturnType<typeof getFindingEvents>>["items"][number];

/** An event; its user and source only where they are not the finding's. */
function EventLine({ event, finding }: { event: Event; finding: Finding }) {
  const [open, setOpen] = useState(false);
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        className="flex min-h-8 w-full items-center gap-2 rounded-sm px-2 text-left hover:bg-sunken"
      >
        <ChevronRight
          aria-hidden
          className={cn("size-3.5 shrink-0 text-ink-3 transition-transform", open && "rotate-90")}
        />
        <Timestamp time={event.timestamp} className="tabular w-28 shrink-0 text-ink-2" />
        <span className="shrink-0 font-medium">{words(event.event_type)}</span>
        <span className="min-w-0 truncate text-ink-2">
          {event.user && event.user !== finding.user && <VisibleText text={event.user} />}
        </span>
        <span className="ml-auto shrink-0 text-xs text-ink-3">{event.source !== finding.source && event.source}</span>
      </button>
      {open && (
        <div className="space-y-1.5 px-2 pt-1 pb-3 pl-7">
          {event.raw_data ? (
            <JsonView value={event.raw_data} label="Raw event" />
          ) : (
            <p className="text-ink-2">Your access does not include raw data (scope raw_data:read).</p>
          )}
          <Link to={`/events?event=${event.id}`} className="text-xs text-accent-strong hover:underline">
            Show in all events
          </Link>
        </div>
      )}
    </li>
  );
}
