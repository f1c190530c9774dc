import { Link } from "react-router";

import { Code } from "@/components/code";
import { VisibleText } from "@/components/visible-text";
import type { Finding } from "@/lib/api/findings";
import type { RuleDetails } from "@/lib/api/rules";
import { count, words } from "@/lib/format";
import { length } from "@/lib/time/period";

import { type Detection, evidenceOf, plainFacts } from "./evidence";
import { fieldsShown, MatchedCondition, useMatchedConditions } from "./matched-condition";
import { Section } from "./section";

const IDENTIFIERS = /^(ip|token_id|commit|user_agent)$/;

/** Why the finding was raised: its rule, the condition with the values that met it, and the other facts of the event. */
export function WhyRaised({ finding, rule }: { finding: Finding; rule: RuleDetails | undefined }) {
  const evidence = evidenceOf(finding.extra_data);
  const matched = useMatchedConditions(finding);
  const correlation = evidence?.latest.window !== undefined;
  return (
    <Section className="order-3" title="Why this was raised">
      <p className="mb-3 text-ink-2">
        Rule{" "}
        <Link to={`/rules/${finding.rule_name}`} className="font-medium text-accent-strong hover:underline">
          {rule?.title ?? finding.rule_name}
        </Link>
        {/* the condition of a single-event rule is shown as the tree below */}
        {(correlation || matched?.length === 0) &&
          rule?.summary.map((sentence) => <span key={sentence}> · {sentence}</span>)}
      </p>
      {evidence && <Threshold detection={evidence.latest} />}
      {matched?.map(({ rule_name, title, condition }) => (
        <div key={rule_name}>
          {rule_name !== finding.rule_name && (
            <h3 className="mb-1 text-xs font-semibold text-ink-2">
              Counts{" "}
              <Link to={`/rules/${rule_name}`} className="hover:underline">
                {title}
              </Link>
            </h3>
          )}
          <MatchedCondition condition={condition} />
        </div>
      ))}
      {evidence && matched && (
        <Facts
          of={evidence.latest}
          hidden={matched.flatMap(({ condition }) => fieldsShown(condition))}
          about={finding}
        />
      )}
    </Section>
  );
}

/** The threshold that a correlation reached or the value it is about, and its window. */
function Threshold({ detection }: { detection: Detection }) {
  if (!detection.window) return null;
  const { from, to } = detection.window;
  return (
    <dl className="mb-4 flex flex-wrap gap-x-8 gap-y-2 rounded-md bg-sunken px-3 py-2.5">
      {detection.count !== undefined && (
        <div title="The highest threshold of the rule that was reached; counting stops there">
          <dt className="text-xs text-ink-2">Threshold reached</dt>
          <dd className="tabular text-lg font-semibold">{count(detection.count)} or more</dd>
        </div>
      )}
      {detection.value !== undefined && (
        <div title="The value that was new, or what was measured in the window">
          <dt className="text-xs text-ink-2">Value</dt>
          <dd className="tabular text-lg font-semibold break-all">
            <VisibleText text={detection.value} />
          </dd>
        </div>
      )}
      <div title="The time within which the rule counts">
        <dt className="text-xs text-ink-2">Window</dt>
        <dd className="tabular text-lg font-semibold">{length(from, to)}</dd>
      </div>
    </dl>
  );
}

/** The facts of a detection that are neither in the condition nor above it. */
function Facts({ of: detection, hidden, about }: { of: Detection; hidden: readonly string[]; about: Finding }) {
  const facts = plainFacts(detection.facts).filter(([name]) => !hidden.includes(name));
  const others = plainFacts({
    event_type: hidden.includes("event_type") ? null : detection.event_type,
    user: detection.user === about.user ? null : detection.user,
    source: detection.source === about.source ? null : detection.source,
  });
  const all = [...others, ...facts];
  if (all.length === 0) return null;
  return (
    <div className="min-w-0">
      <h3 className="mb-1 text-xs font-semibold text-ink-2">
        {about.detection_count > 1 ? "Facts of the latest event" : "Facts of the event"}
      </h3>
      <dl className="grid grid-cols-[minmax(5.5rem,auto)_minmax(0,1fr)] gap-x-3 gap-y-0.5">
        {all.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-ink-2">{words(name)}</dt>
            <dd className="tabular break-words">
              {IDENTIFIERS.test(name) ? (
                <Code>
                  <VisibleText text={value} />
                </Code>
              ) : (
                <VisibleText text={value} />
              )}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
