import { Markdown } from "@/components/markdown";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import type { Finding } from "@/lib/api/findings";
import type { TimelineEntry } from "@/lib/api/triage";
import { count, plural } from "@/lib/format";
import { type Status, STATUS_NAMES } from "@/lib/status";

import { Section } from "../detail/section";
import { useTimeline } from "./use-triage";

/** What the engine, the AI and people did with a finding, oldest first. */
export function TimelineSection({ finding }: { finding: Finding }) {
  const { data, error } = useTimeline(finding);
  const people = data?.items.filter(({ by }) => by === "person").length ?? 0;
  return (
    <Section className="order-5" title="Timeline">
      {error && <p className="text-ink-2">The timeline could not be loaded: {error.message}</p>}
      {data && data.total_actions > people && (
        <p className="mb-2 text-xs text-ink-2">
          The newest {count(people)} of {plural(data.total_actions, "action")}
        </p>
      )}
      {data && (
        <ol aria-label="Timeline" className="space-y-2.5 border-l-2 pl-3">
          {data.items.map((entry, index) => (
            <li key={index}>
              <p className="flex flex-wrap gap-x-2 text-xs text-ink-2">
                <span className="[overflow-wrap:anywhere]">
                  <VisibleText text={AUTHORS[entry.by] ?? entry.actor ?? ""} />
                </span>
                {entry.at && <Timestamp time={entry.at} className="tabular" />}
              </p>
              <p className="[overflow-wrap:anywhere]">
                <VisibleText text={summaryOf(entry)} />
              </p>
              {entry.kind === "note" && <Markdown text={entry.value ?? ""} />}
              {entry.reason && (
                <div className="text-ink-2">
                  <Markdown text={entry.reason} />
                </div>
              )}
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}

const AUTHORS: Partial<Record<TimelineEntry["by"], string>> = { engine: "Rules engine", ai: "AI" };

function summaryOf({ kind, value }: TimelineEntry): string {
  switch (kind) {
    case "raised":
      return `Raised, now ${value}`;
    case "reopened":
      return "Reopened by a detection later than those seen at the closing";
    case "late_detections":
      return `${plural(Number(value), "detection")} arrived later, with times before the closing`;
    case "explained":
      return value === null ? "Explained" : `Scored ${value} and explained`;
    case "status":
      return `Status: ${STATUS_NAMES[value as Status]}`;
    case "assign":
      return value === null ? "Unassigned" : `Assigned to ${value}`;
    case "label":
      return value?.startsWith("-") ? `Label removed: ${value.slice(1)}` : `Label added: ${value}`;
    case "note":
      return "Note";
  }
}
