import { VisibleText } from "@/components/visible-text";
import { words } from "@/lib/format";

import { selectionsOf, termsOf, valueOf } from "./condition";
import type { Detection } from "./evidence";

/**
 * The rule's condition as a tree: the selections that decided the match, and the value of each field that they test. Where
 * the condition does not tell which selections matched, the values of all fields it tests.
 */
export function ConditionTree({ yaml, detection }: { yaml: string; detection: Detection }) {
  const values = factsOf(detection);
  const known = (fields: readonly string[]) =>
    fields.flatMap((field) => {
      const value = valueOf(values, field);
      return value === undefined ? [] : [{ field, value }];
    });
  const terms = termsOf(yaml);
  const nodes = terms
    ? terms.map(({ selection: { name, fields }, negated }) => ({
        title: negated ? `Not: ${words(name)}` : words(name),
        fields: known(fields),
      }))
    : [{ title: "Values tested", fields: known([...new Set(selectionsOf(yaml).flatMap(({ fields }) => fields))]) }];
  const shown = nodes.filter(({ fields }) => fields.length > 0);
  if (shown.length === 0) return null;
  return (
    <ul aria-label="Condition" className="mb-4 space-y-2">
      {shown.map(({ title, fields }) => (
        <li key={title}>
          <p className="font-medium first-letter:uppercase">{title}</p>
          <ul className="mt-1 ml-1.5 border-l-2 border-accent pl-3">
            {fields.map(({ field, value }) => (
              <li key={field} className="flex flex-wrap gap-x-2 [overflow-wrap:anywhere]">
                <span className="text-ink-2">{words(field)}</span>
                <span className="font-mono text-xs leading-5 text-ink">
                  <VisibleText text={value} />
                </span>
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

/** The fields of a detection that a rule can test. */
export function factsOf({ event_type, source, user, facts }: Detection): Record<string, unknown> {
  return { event_type, source, user, ...facts };
}
