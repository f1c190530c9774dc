import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";

import { Panel } from "@/components/panel";
import { SourceStateBadge } from "@/components/source-state-badge";
import { Ago } from "@/components/timestamp";
import { useCan } from "@/lib/access/account";
import { getRuleSources, type RuleDetails } from "@/lib/api/rules";

/** The sources that feed a rule, and what keeps it from matching; nothing where the account may not see sources. */
export function RuleSources({ rule }: { rule: RuleDetails }) {
  const query = useQuery({
    queryKey: ["rules", "sources", rule.rule_name],
    queryFn: ({ signal }) => getRuleSources(rule.rule_name, signal),
    enabled: useCan("sources:read") && rule.active,
    retry: false,
  });
  const found = query.data;
  if (!found) return null;
  const hints = found.hints.filter((hint) => !found.blind?.includes(hint));
  return (
    <Panel title="Sources">
      {found.blind && (
        <p className="mb-3 rounded-md border border-high-ink/30 bg-high-tint px-3 py-2 [overflow-wrap:anywhere]">
          <strong className="font-medium">This rule cannot match:</strong> {found.blind}.
        </p>
      )}
      {found.sources.length === 0 ? (
        <p className="text-ink-2">
          No source feeds it. <Link to="/sources">Connect a source</Link>
        </p>
      ) : (
        <ul className="grid gap-1.5">
          {found.sources.map((source) => (
            <li key={source.name} className="flex flex-wrap items-center gap-2">
              <Link to={`/sources/${encodeURIComponent(source.name)}`} className="font-medium hover:underline">
                {source.name}
              </Link>
              <SourceStateBadge state={source.state} />
              <span className="text-xs text-ink-2">
                {source.last_event_at ? (
                  <>
                    last event <Ago time={source.last_event_at} />
                  </>
                ) : (
                  "no event yet"
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      {hints.length > 0 && (
        <ul className="mt-3 grid gap-1 text-xs text-ink-2 [overflow-wrap:anywhere]">
          {hints.map((hint) => (
            <li key={hint}>{hint}</li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
