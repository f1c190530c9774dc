import { Badge } from "@/components/badge";
import { NumberedText } from "@/components/numbered-text";
import type { getRule } from "@/lib/api/rules";

import { Section } from "./section";

type Rule = Awaited<ReturnType<typeof getRule>>;

/** The rule's runbook and known false positives. */
export function Runbook({ rule }: { rule: Rule }) {
  if (!rule.runbook && rule.falsepositives.length === 0) return null;
  return (
    <Section title="Runbook" className="order-5">
      <NumberedText text={rule.runbook} />
      {rule.falsepositives.length > 0 && (
        <>
          <h3 className="mt-3 mb-1 text-xs font-semibold text-ink-2">Known false positives</h3>
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

/** The controls that the finding's rule maps to, by framework. */
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
