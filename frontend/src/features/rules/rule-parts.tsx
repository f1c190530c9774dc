import { BellOff, BellRing } from "lucide-react";

import { Badge } from "@/components/badge";
import { Code } from "@/components/code";
import { NumberedText } from "@/components/numbered-text";
import { Panel } from "@/components/panel";
import { SeverityBadge } from "@/components/severity-badge";
import { SourceText } from "@/components/source-text";
import type { RuleDetails, RuleTest } from "@/lib/api/rules";
import { plural } from "@/lib/format";
import { SEVERITIES } from "@/lib/severity";
import { useTime } from "@/lib/time/use-time";

/** What a rule detects, in plain English. */
export function RuleMeaning({ rule }: { rule: RuleDetails }) {
  return (
    <Panel title="What it detects">
      <Description text={rule.description} />
      <ul className="mt-3 grid gap-1.5 text-ink-2">
        {rule.summary.map((sentence, index) => (
          <li key={index} className="[overflow-wrap:anywhere]">
            {sentence}
          </li>
        ))}
      </ul>
      {rule.falsepositives.length > 0 && (
        <>
          <h3 className="mt-4 text-xs font-medium text-ink-2">Known false positives</h3>
          <ul className="mt-1 list-disc pl-4">
            {rule.falsepositives.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

/** The description template of its findings; the placeholders are set off. */
function Description({ text }: { text: string }) {
  return (
    <p className="text-base text-ink">
      {text
        .split(/(\{\w+\})/)
        .map((part, index) => (/^\{\w+\}$/.test(part) ? <Code key={index}>{part.slice(1, -1)}</Code> : part))}
    </p>
  );
}

/** How to respond to a finding of the rule. */
export function RuleRunbook({ rule }: { rule: RuleDetails }) {
  return (
    <Panel title="Runbook">
      {rule.runbook.trim() ? <NumberedText text={rule.runbook} /> : <p className="text-ink-2">No runbook</p>}
    </Panel>
  );
}

/** The controls that a rule maps to, by framework. */
export function RuleControls({ rule }: { rule: RuleDetails }) {
  const frameworks = Map.groupBy(rule.controls, (control) => control.framework);
  const others = rule.tags.filter((tag) => tag.startsWith("attack."));
  return (
    <Panel title="Controls">
      {frameworks.size === 0 && <p className="text-ink-2">No controls mapped</p>}
      <dl className="grid grid-cols-[8rem_1fr] items-baseline gap-x-3 gap-y-2">
        {[...frameworks].map(([framework, controls]) => (
          <div key={framework} className="contents">
            <dt className="text-ink-2">{framework}</dt>
            <dd className="flex flex-wrap gap-1">
              {controls.map(({ control }) => (
                <Badge key={control} className="font-mono">
                  {control}
                </Badge>
              ))}
            </dd>
          </div>
        ))}
        {others.length > 0 && (
          <div className="contents">
            <dt className="text-ink-2">MITRE ATT&CK</dt>
            <dd className="flex flex-wrap gap-1">
              {others.map((tag) => (
                <Badge key={tag} className="font-mono">
                  {tag
                    .slice("attack.".length)
                    .replace(/^t(?=\d)/, "T")
                    .replaceAll("_", " ")}
                </Badge>
              ))}
            </dd>
          </div>
        )}
      </dl>
    </Panel>
  );
}

/** The tests in the rule: what raises an alert, and what does not. */
export function RuleTests({ rule }: { rule: RuleDetails }) {
  return (
    <Panel title="Tests" aside={<span className="text-xs text-ink-2">{plural(rule.tests.length, "test")}</span>} flush>
      {rule.tests.length === 0 && <p className="px-4 pb-4 text-ink-2">No tests</p>}
      <ul className="divide-y border-t">
        {rule.tests.map((test) => (
          <li key={test.name} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2">
            {test.fires ? (
              <BellRing aria-hidden className="size-4 shrink-0 text-high-ink" />
            ) : (
              <BellOff aria-hidden className="size-4 shrink-0 text-ink-3" />
            )}
            <span className="min-w-0 flex-1">{test.name}</span>
            <span className="tabular text-xs text-ink-2">{plural(test.events, "event")}</span>
            <Expected test={test} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Expected({ test }: { test: RuleTest }) {
  if (!test.fires) return <Badge>No alert</Badge>;
  const severities = SEVERITIES.filter((severity) => test.expect.some((each) => each.severity === severity));
  if (severities.length === 0) return <Badge tone="accent">Alert</Badge>;
  return severities.map((severity) => <SeverityBadge key={severity} severity={severity} />);
}

/** The source of the rule. */
export function RuleDocument({ rule }: { rule: RuleDetails }) {
  const time = useTime();
  return (
    <Panel title="Rule source (YAML)">
      <SourceText text={rule.yaml} language="yaml" label="Rule source" className="max-h-[70vh]" />
      <p className="mt-2 text-xs [overflow-wrap:anywhere] text-ink-2">
        Version <span className="font-mono">{rule.rule_version.slice(0, 12)}</span>
        {rule.loaded_at && <>, loaded {time.full(rule.loaded_at)}</>}
      </p>
    </Panel>
  );
}
