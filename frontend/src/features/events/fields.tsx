import { Link } from "react-router";

import type { Field } from "@/components/data-table/field";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import type { Event } from "@/lib/api/events";
import { words } from "@/lib/format";

import { factsOf } from "./facts";

const MAX_FACTS = 8;

/** The fields of an event: columns, filters and the drawer's facts. */
export const fields: readonly Field<Event>[] = [
  {
    id: "timestamp",
    title: "Time",
    show: (event) => <Timestamp time={event.timestamp} className="tabular" />,
    column: { width: 138 },
    fact: true,
  },
  {
    id: "event_type",
    title: "Type",
    show: (event) => words(event.event_type),
    column: { width: 208, opens: true },
    facet: { show: words },
  },
  { id: "source", title: "Source", show: (event) => event.source, column: { width: 128 }, facet: {}, fact: true },
  {
    id: "user",
    title: "User",
    show: (event) => event.user && <UserLink user={event.user} />,
    column: { width: 208 },
    fact: true,
  },
  { id: "facts", title: "Facts", show: (event) => <Facts event={event} />, column: { width: 280, grow: true } },
  {
    id: "source_event_id",
    title: "Source event ID",
    show: (event) => <VisibleText text={event.source_event_id} />,
    fact: true,
  },
  {
    id: "processed",
    title: "Status",
    show: (event) => (event.processed ? "Evaluated" : "Not evaluated yet"),
    fact: true,
  },
];

function UserLink({ user }: { user: string }) {
  return (
    <Link to={`/users/${encodeURIComponent(user)}`} className="hover:underline">
      <VisibleText text={user} />
    </Link>
  );
}

function Facts({ event }: { event: Event }) {
  return factsOf(event, MAX_FACTS).map(({ name, value }) => (
    <span key={name} className="mr-3 font-mono text-xs">
      <span className="text-ink-3">{name}</span> <VisibleText text={value} />
    </span>
  ));
}
