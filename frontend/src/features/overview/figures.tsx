import type { ReactNode } from "react";
import { Link, type To } from "react-router";

import { Skeleton } from "@/components/skeleton";
import { cn } from "@/lib/class-names";
import { count, rate } from "@/lib/format";
import type { Period } from "@/lib/time/period";

import { periodQuery } from "./period-state";

interface Figures {
  events: number | undefined;
  findings: number | undefined;
  bySeverity: Partial<Record<string, number>> | undefined;
  unscored: number | undefined;
  withdrawn: number | undefined;
  suppressed: number | undefined;
  perSecond: number | undefined;
}

/** The figures at the top, each a link to what it counts. */
export function FigureCards({ figures, period }: { figures: Figures; period: Period }) {
  const { events, findings, bySeverity, unscored, withdrawn, suppressed, perSecond } = figures;
  const urgent = bySeverity && (bySeverity.critical ?? 0) + (bySeverity.high ?? 0);
  return (
    <ul className="grid grid-cols-2 gap-3 md:grid-cols-5">
      <Card title="Events" value={events} to={`/events${periodQuery(period)}`} note="ingested and evaluated" />
      <Card
        title="Findings"
        value={findings}
        to={`/findings${periodQuery(period, { view: "all" })}`}
        note={["all statuses", ...apart(withdrawn, "withdrawn"), ...apart(suppressed, "suppressed")].join("; ")}
      />
      <Card
        title="Critical and high"
        value={urgent}
        to={`/findings${periodQuery(period, { severity: "critical,high" })}`}
        note={bySeverity && `${count(bySeverity.critical ?? 0)} critical, ${count(bySeverity.high ?? 0)} high`}
        tone={urgent ? "text-critical-ink" : undefined}
      />
      <Card
        title="Not scored"
        value={unscored}
        to={`/findings${periodQuery(period, { enriched: "false" })}`}
        note={unscored === 0 ? "all findings have a score" : "waiting for a score"}
      />
      <Card
        title="Events per second"
        value={perSecond}
        show={rate}
        to="/pipeline"
        note="current rate"
        className="col-span-2 md:col-span-1"
      />
    </ul>
  );
}

/** What the count leaves out. */
const apart = (left: number | undefined, what: string) => (left ? [`${count(left)} ${what} apart`] : []);

function Card({
  title,
  value,
  show = count,
  note,
  to,
  tone,
  className,
}: {
  title: string;
  value: number | undefined;
  show?: (value: number) => string;
  note: ReactNode;
  to: To;
  tone?: string;
  className?: string;
}) {
  return (
    <li className={className}>
      <Link
        to={to}
        className="block rounded-lg border bg-surface px-3 py-3 lg:px-4 shadow-card transition-colors hover:border-line-strong hover:bg-raised"
      >
        <span className="text-xs font-medium text-ink-2">{title}</span>
        {value === undefined ? (
          <Skeleton className="my-1 h-6 w-20" />
        ) : (
          <span className={cn("tabular block text-2xl font-semibold tracking-tight", tone)}>{show(value)}</span>
        )}
        <span className="block h-4.5 truncate text-xs text-ink-3">{note}</span>
      </Link>
    </li>
  );
}
