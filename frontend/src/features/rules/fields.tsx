import { Badge } from "@/components/badge";
import { Sparkline } from "@/components/charts/sparkline";
import type { Field } from "@/components/data-table/field";
import { SeverityBadge } from "@/components/severity-badge";
import { Ago } from "@/components/timestamp";
import type { Rule } from "@/lib/api/rules";
import { count, plural, words } from "@/lib/format";
import type { Severity } from "@/lib/severity";

/** The controls of a rule in one line. */
const controlsOf = ({ controls }: Rule): string =>
  [...Map.groupBy(controls, (control) => control.framework)]
    .map(([framework, named]) => `${framework} ${named.map((each) => each.control).join(" ")}`)
    .join(", ");

/** A rule of the list; `blind` says why it cannot match now. */
export type ListedRule = Rule & { blind?: string };

/** The fields of a rule: columns and filters. */
export const ruleFields: readonly Field<ListedRule>[] = [
  {
    id: "level",
    title: "Level",
    show: ({ level, helper }) => (helper ? <Badge>Helper</Badge> : <SeverityBadge severity={level} />),
    column: { width: 108, sort: "level" },
    facet: { show: (level) => <SeverityBadge severity={level as Severity} /> },
  },
  {
    id: "title",
    title: "Rule",
    show: ({ title, description, active, blind }) => (
      <span title={description} className="font-medium">
        {title}
        {!active && <span className="font-normal text-ink-2"> (inactive)</span>}
        {blind !== undefined && (
          <Badge tone="high" className="ml-2" title={`It cannot match: ${blind}`}>
            Blind
          </Badge>
        )}
      </span>
    ),
    column: {
      width: 280,
      grow: true,
      opens: true,
      sort: "title",
      detail: (rule) => <span title={controlsOf(rule)}>{controlsOf(rule) || "No controls mapped"}</span>,
    },
  },
  {
    id: "family",
    title: "Family",
    show: ({ family }) => words(family),
    column: { width: 120, sort: "family" },
    facet: { show: words },
  },
  { id: "framework", title: "Framework", show: controlsOf, facet: {} },
  {
    id: "findings",
    title: "Findings",
    show: ({ findings }) => <span className="tabular">{count(findings)}</span>,
    column: { width: 96, align: "right", sort: "findings" },
  },
  {
    id: "detections",
    title: "Detections",
    show: ({ detections }) => <span className="tabular">{count(detections)}</span>,
    column: { width: 108, align: "right", sort: "detections" },
  },
  {
    id: "hits_per_day",
    title: "30 days",
    show: ({ hits_per_day }) => {
      const total = hits_per_day.reduce((sum, day) => sum + day.count, 0);
      return (
        <Sparkline
          values={hits_per_day.map((day) => day.count)}
          label={`${plural(total, "finding")} in 30 days`}
          className="align-middle"
        />
      );
    },
    column: { width: 128 },
  },
  {
    id: "last_hit",
    title: "Last match",
    show: ({ last_hit }) =>
      last_hit ? <Ago time={last_hit} className="tabular" /> : <span className="text-ink-3">Never</span>,
    column: { width: 112, sort: "last_hit" },
  },
];
