import { Badge } from "@/components/badge";
import type { getRule } from "@/lib/api/rules";

import { Section } from "./section";

type Rule = Awaited<ReturnType<typeof getRule>>;

/** What to do: the rule's runbook, and what else may look like this. */
export function Runbook({ rule }: { rule: Rule }) {
  const steps = numbered(rule.runbook);
  if (!rule.runbook && rule.falsepositives.length === 0) return null;
  return (
    <Section title="Runbook" className="order-5">
      {steps.length > 0 ? (
        <ol className="max-w-[68ch] list-decimal space-y-1 pl-5 marker:text-ink-3">
          {steps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
      ) : (
        <p className="max-w-[68ch] whitespace-pre-line">{rule.runbook}</p>
      )}
      {rule.falsepositives.length > 0 && (
        <>
          <h3 className="mt-3 mb-1 text-xs font-semibold text-ink-2">It may also be</h3>
          <ul className="max-w-[68ch] list-disc space-y-0.5 pl-5 text-ink-2 marker:text-ink-3">
            {rule.falsepositives.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}

/** The steps of a runbook that numbers each of its lines; none of one that does not. */
function numbered(runbook: string): string[] {
  const lines = runbook.trim().split(/\n(?=\d+\.\s)/);
  return lines.every((line) => /^\d+\.\s/.test(line)) ? lines.map((line) => line.replace(/^\d+\.\s+/, "")) : [];
}

/** The controls that a finding speaks to, by framework. */
export function Controls({ rule }: { rule: Rule }) {
  if (rule.controls.length === 0) return null;
  const frameworks = Map.groupBy(rule.controls, (control) => control.framework);
  return (
    <Section title="Controls" className="order-6">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5">
        {[...frameworks].map(([framework, controls]) => (
          <div key={framework} className="contents">
            <dt className="leading-5 whitespace-nowrap text-ink-2">{framework}</dt>
            <dd className="flex flex-wrap gap-1">
              {controls.map(({ control }) => (
                <Badge key={control} tone="outline" className="tabular">
                  {control}
                </Badge>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
