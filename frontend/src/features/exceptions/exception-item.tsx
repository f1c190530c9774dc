import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";

import { Allowed } from "@/components/allowed";
import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { conditionsOf } from "@/components/exceptions/matcher";
import { ExternalLink } from "@/components/external-link";
import { Ago, Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import type { Exception, ExceptionState } from "@/lib/api/exceptions";
import { count, plural } from "@/lib/format";

import { ActionDialog, type ActionKind } from "./action-dialog";

const STATES: Record<ExceptionState, { text: string; tone: "accent" | "outline" | "plain" | "high" | "critical" }> = {
  active: { text: "Active", tone: "accent" },
  requested: { text: "Waits for approval", tone: "high" },
  scheduled: { text: "Scheduled", tone: "outline" },
  expired: { text: "Expired", tone: "plain" },
  revoked: { text: "Revoked", tone: "plain" },
  invalid: { text: "Invalid", tone: "critical" },
};
const EVENTS = { request: "Requested", approve: "Approved", revoke: "Revoked", expire: "Expired" } as const;

/** The list of the suppressed findings that a matcher matches, as far as the filter of the list says it. */
function suppressedBy(matcher: Exception["matcher"]): string {
  const { rule, source, user, text } = matcher ?? {};
  const given = {
    rule: rule?.join(","),
    source: source?.join(","),
    user: user?.length === 1 ? user[0] : null,
    q: text,
  };
  const filter = Object.entries(given).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return `/findings?${new URLSearchParams([["view", "all"], ["suppressed", "true"], ...filter])}`;
}

/** An exception: what it covers and hides, why, until when, and its history; `open` when a link leads to it. */
export function ExceptionItem({ exception, open }: { exception: Exception; open: boolean }) {
  const [action, setAction] = useState<ActionKind | null>(null);
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (open) item.current?.scrollIntoView({ block: "center" });
  }, [open]);
  const { id, name, state, matcher, problem, hides, reason, ticket, owner, starts_at, expires_at, reminder } =
    exception;
  const over = state === "expired" || state === "revoked";
  const revokedAt = exception.history.find(({ kind }) => kind === "revoke")?.at;
  const endsAt = revokedAt ?? expires_at;
  return (
    <li ref={item} aria-label={name} className="grid gap-2 px-4 py-3.5 sm:px-5">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="font-semibold">{name}</h2>
        <Badge tone={STATES[state].tone}>{STATES[state].text}</Badge>
        {reminder !== null && (
          <Badge tone={reminder === 30 ? "medium" : "high"}>Expires within {plural(reminder, "day")}</Badge>
        )}
        {state === "active" && (
          <Link to={suppressedBy(matcher)} className="text-accent-strong hover:underline">
            hides {plural(hides, "finding")}
          </Link>
        )}
        <span className="flex-1" />
        <Allowed scope="exceptions:write">
          {state === "requested" && (
            <Button size="sm" onClick={() => setAction("approve")}>
              Approve
            </Button>
          )}
          {!over && (
            <Button size="sm" onClick={() => setAction("revoke")}>
              Revoke
            </Button>
          )}
        </Allowed>
      </div>
      {problem !== null && (
        <p className="rounded-md bg-critical-tint px-3 py-2 text-critical-ink">
          The matcher is invalid, so this exception hides nothing: <VisibleText text={problem} />
        </p>
      )}
      {matcher && conditionsOf(matcher).length > 0 && (
        <dl className="flex flex-wrap gap-x-5 gap-y-1">
          {conditionsOf(matcher).map((each) => (
            <div key={each.name} className="flex min-w-0 gap-1.5">
              <dt className="text-ink-2">{each.name}</dt>
              <dd className="min-w-0 font-medium [overflow-wrap:anywhere]">
                <VisibleText text={each.value} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {matcher?.sigma && (
        <details>
          <summary className="w-fit cursor-pointer text-ink-2">Sigma filter</summary>
          <pre tabIndex={0} className="mt-1 max-h-72 overflow-auto rounded-md bg-sunken p-3 font-mono text-xs">
            <VisibleText text={matcher.sigma} />
          </pre>
        </details>
      )}
      <p className="max-w-[80ch] [overflow-wrap:anywhere]">
        <VisibleText text={reason} />
      </p>
      <p className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-2">
        <span>
          Owner <VisibleText text={owner} />
        </span>
        {ticket !== null && (
          <span>
            Ticket {/^https?:\/\//.test(ticket) ? <ExternalLink address={ticket} /> : <VisibleText text={ticket} />}
          </span>
        )}
        <span>
          From <Timestamp time={starts_at} to="minute" className="tabular" />
        </span>
        <span>
          {revokedAt ? "Revoked" : "Until"} <Timestamp time={endsAt} to="minute" className="tabular" /> (
          <Ago time={endsAt} />)
        </span>
      </p>
      <details open={open} className="text-xs">
        <summary className="w-fit cursor-pointer text-ink-2">History ({count(exception.history.length)})</summary>
        <ol aria-label={`History of ${name}`} className="mt-1.5 grid gap-1">
          {exception.history.map(({ kind, at, actor, reason: why }) => (
            <li key={kind} className="[overflow-wrap:anywhere]">
              <span className="font-medium">{EVENTS[kind]}</span>
              {actor !== null && (
                <>
                  {" "}
                  by <VisibleText text={actor} />
                </>
              )}{" "}
              <Timestamp time={at} to="minute" className="tabular text-ink-2" />
              {why !== null && kind !== "request" && (
                <>
                  : <VisibleText text={why} />
                </>
              )}
            </li>
          ))}
        </ol>
      </details>
      {action && <ActionDialog id={id} name={name} kind={action} onClose={() => setAction(null)} />}
    </li>
  );
}
