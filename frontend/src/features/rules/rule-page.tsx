import { useQuery } from "@tanstack/react-query";
import { ShieldAlert } from "lucide-react";
import { Link, useNavigate, useParams } from "react-router";

import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { Code } from "@/components/code";
import { ErrorState } from "@/components/error-state";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { SeverityBadge } from "@/components/severity-badge";
import { Loading, Skeleton } from "@/components/skeleton";
import { getRule } from "@/lib/api/rules";
import { commands } from "@/lib/commands";
import { words } from "@/lib/format";

import { RuleControls, RuleDocument, RuleMeaning, RuleRunbook, RuleTests } from "./rule-parts";
import { RuleResults } from "./rule-results";
import { RuleSources } from "./rule-sources";

/** A rule: what it detects, its results, runbook, controls, tests and source. */
export default function RulePage() {
  const { rule: name = "" } = useParams();
  const query = useQuery({ queryKey: ["rules", "one", name], queryFn: ({ signal }) => getRule(name, signal) });
  const rule = query.data;
  const navigate = useNavigate();
  const findings = `/findings?rule=${encodeURIComponent(rule?.rule_name ?? name)}`;
  commands.useAdd([
    {
      id: "rule.findings",
      title: "Findings of this rule",
      group: "Rule",
      icon: ShieldAlert,
      run: () => void navigate(findings),
    },
  ]);
  return (
    <>
      <PageHeader
        title={rule?.title ?? words(name)}
        crumbs={[{ title: "Rules", to: "/rules" }]}
        note={
          rule && (
            <span className="flex flex-wrap items-center gap-2">
              {rule.helper ? (
                <Badge title="Its detections feed other rules; it raises no findings">Helper</Badge>
              ) : (
                <SeverityBadge severity={rule.level} />
              )}
              <Badge>{words(rule.family)}</Badge>
              <Badge tone="outline">{rule.status}</Badge>
              {!rule.active && <Badge tone="medium">Inactive</Badge>}
              <Code>{rule.rule_name}</Code>
            </span>
          )
        }
        actions={
          <Button asChild>
            <Link to={findings}>
              <ShieldAlert aria-hidden />
              View findings
            </Link>
          </Button>
        }
      />
      <div className="grid items-start gap-3 px-4 pb-6 lg:px-6 xl:grid-cols-2">
        {query.error && !rule ? (
          <ErrorState
            error={query.error}
            retry={() => void query.refetch()}
            busy={query.isFetching}
            className="col-span-full min-h-[50vh] justify-center"
          />
        ) : rule ? (
          <>
            <div className="grid gap-3">
              <RuleMeaning rule={rule} />
              <RuleSources rule={rule} />
              <RuleResults rule={rule} />
              <RuleRunbook rule={rule} />
              <RuleControls rule={rule} />
            </div>
            <div className="grid gap-3">
              <RuleTests rule={rule} />
              <RuleDocument rule={rule} />
            </div>
          </>
        ) : (
          <Loading what="the rule" className="contents">
            {["h-48", "h-96", "h-56", "h-40"].map((size, index) => (
              <Panel key={index} className={size}>
                <Skeleton className="h-4 w-48" />
                <Skeleton className="mt-4 h-3 w-full" />
                <Skeleton className="mt-2 h-3 w-2/3" />
              </Panel>
            ))}
          </Loading>
        )}
      </div>
    </>
  );
}
