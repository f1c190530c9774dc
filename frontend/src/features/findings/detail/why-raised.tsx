import { Link } from "react-router";

import { Code } from "@/components/code";
import { useTime } from "@/lib/time/use-time";
import type { Finding } from "@/lib/api/findings";
import { count, plural, words } from "@/lib/format";
import { length } from "@/lib/time/period";

import { type Detection, evidenceOf, plainFacts } from "./evidence";
import { Section } from "./section";

/** Why the finding was raised: its rule, the count and the window, and the facts of its detections. */
export function WhyRaised({ finding, looksFor }: { finding: Finding; looksFor: string[] | undefined }) {
  const evidence = evidenceOf(finding.extra_data);
  return (
    <Section className="order-3" title="Why this was raised">
      <p className="mb-3 text-ink-2">
        The rule{" "}
        <Link to={`/rules/${finding.rule_name}`} className="font-medium text-accent-strong hover:underline">
          {finding.rule_name}
        </Link>{" "}
        matched {plural(finding.detection_count, "time")}
        {groupWords(finding.group)}.{looksFor?.map((sentence) => ` ${sentence}`)}
      </p>
      {evidence && <Counted detection={evidence.latest} />}
      {evidence && (
        <div className="grid gap-x-6 gap-y-4 sm:grid-cols-2">
          <Facts
            title={evidence.earliest.event_uid === evidence.latest.event_uid ? "The event" : "The earliest event"}
            of={evidence.earliest}
          />
          {evidence.earliest.event_uid !== evidence.latest.event_uid && (
            <Facts title="The latest event" of={evidence.latest} />
          )}
        </div>
      )}
    </Section>
  );
}

function groupWords(group: Record<string, unknown>): string {
  const parts = Object.entries(group).map(([name, value]) => `${words(name)} ${String(value)}`);
  return parts.length > 0 ? ` for ${parts.join(", ")}` : "";
}

function Counted({ detection }: { detection: Detection }) {
  const { stamp } = useTime();
  if (!detection.window || detection.count === undefined) return null;
  const { from, to } = detection.window;
  return (
    <dl className="mb-4 flex flex-wrap gap-x-8 gap-y-2 rounded-md bg-sunken px-3 py-2.5">
      <div>
        <dt className="text-xs text-ink-2">Counted</dt>
        <dd className="tabular text-lg font-semibold">{count(detection.count)}</dd>
      </div>
      <div>
        <dt className="text-xs text-ink-2">Within</dt>
        <dd className="tabular text-lg font-semibold">{length(from, to)}</dd>
      </div>
      <div>
        <dt className="text-xs text-ink-2">Window</dt>
        <dd className="tabular leading-7">
          {stamp(from)} – {stamp(to)}
        </dd>
      </div>
    </dl>
  );
}

function Facts({ title, of: detection }: { title: string; of: Detection }) {
  const { stamp } = useTime();
  const facts = plainFacts({
    at: stamp(detection.at),
    type: detection.event_type,
    user: detection.user,
    source: detection.source,
    ...detection.facts,
  });
  return (
    <div className="min-w-0">
      <h3 className="mb-1 text-xs font-semibold text-ink-2">{title}</h3>
      <dl className="grid grid-cols-[minmax(5.5rem,auto)_minmax(0,1fr)] gap-x-3 gap-y-0.5">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink-3">{words(name)}</dt>
            <dd className="tabular break-words">
              {/^(ip|token_id|commit|user_agent)$/.test(name) ? <Code>{value}</Code> : value}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
