import { Badge } from "@/components/badge";
import { Code } from "@/components/code";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import type { AuditEntry } from "@/lib/api/access";

import { changesOf } from "./changes";

/** One entry: who did what to which target, and what changed. */
export function AuditEntryItem({
  entry,
  onActor,
  onTarget,
}: {
  entry: AuditEntry;
  onActor: (actor: string) => void;
  onTarget: (target: string) => void;
}) {
  const changes = changesOf(entry);
  return (
    <li className="px-4 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <Timestamp time={entry.at} className="tabular text-ink-2" />
        <button
          type="button"
          className="min-w-0 truncate font-medium hover:underline"
          title="Filter by this actor"
          onClick={() => onActor(entry.actor)}
        >
          <VisibleText text={entry.actor} />
        </button>
        <Badge>{entry.action}</Badge>
        {entry.target && (
          <button
            type="button"
            className="min-w-0 truncate hover:underline"
            title="Filter by this target"
            onClick={() => onTarget(entry.target)}
          >
            <VisibleText text={entry.target} />
          </button>
        )}
        <span className="ml-auto text-xs text-ink-2">
          #{entry.seq}
          {entry.via !== "none" && ` · ${entry.via}`}
        </span>
      </div>
      {changes.length > 0 && (
        <dl className="mt-1 grid gap-x-3 gap-y-0.5 text-xs sm:grid-cols-[10rem_1fr]">
          {changes.map(({ field, before, after }) => (
            <div key={field} className="contents">
              <dt className="text-ink-2">{field}</dt>
              <dd className="min-w-0 break-words">
                {before !== null && (
                  <del className="text-critical-ink">
                    <VisibleText text={before} />
                  </del>
                )}
                {before !== null && after !== null && " → "}
                {after !== null && (
                  <ins className="no-underline">
                    <VisibleText text={after} />
                  </ins>
                )}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {entry.request_id && (
        <p className="mt-1 text-xs text-ink-2">
          Request <Code className="select-all">{entry.request_id}</Code>
        </p>
      )}
    </li>
  );
}
