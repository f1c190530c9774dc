import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link, useNavigate } from "react-router";

import { TimeBars } from "@/components/charts/time-bars";
import { ErrorState } from "@/components/error-state";
import { Figures } from "@/components/figures";
import { FindingLines } from "@/components/finding-lines";
import { Panel } from "@/components/panel";
import { Ago } from "@/components/timestamp";
import { getFindings } from "@/lib/api/findings";
import type { RuleDetails } from "@/lib/api/rules";
import { count, plural } from "@/lib/format";
import { instant } from "@/lib/time/period";

const DAY_MS = 86_400_000;
const SHOWN = 5;

/** The results of a rule: findings over time, and the latest ones. */
export function RuleResults({ rule }: { rule: RuleDetails }) {
  const navigate = useNavigate();
  const query = `rule=${encodeURIComponent(rule.rule_name)}`;
  const steps = useMemo(
    () => ({
      buckets: rule.hits_per_day.map((day) => ({ start: Date.parse(day.date), count: day.count })),
      stepMs: DAY_MS,
    }),
    [rule],
  );
  const last = useQuery({
    queryKey: ["findings", "of rule", rule.rule_name],
    queryFn: ({ signal }) =>
      getFindings({ rule: [rule.rule_name], sort: "last_seen", order: "desc", page_size: SHOWN }, signal),
    enabled: rule.findings > 0,
  });
  return (
    <Panel
      title="Results"
      flush
      aside={
        rule.findings > SHOWN && (
          <Link to={`/findings?${query}`} className="text-xs text-accent-strong hover:underline">
            All {count(rule.findings)}
          </Link>
        )
      }
    >
      <div className="px-4 pb-4">
        <Figures
          figures={[
            { title: "Findings", value: count(rule.findings) },
            { title: "Detections", value: count(rule.detections) },
            ...(rule.results.pending > 0 ? [{ title: "Pending", value: count(rule.results.pending) }] : []),
            ...(rule.results.withdrawn > 0 ? [{ title: "Withdrawn", value: count(rule.results.withdrawn) }] : []),
            { title: "Last match", value: rule.last_hit ? <Ago time={rule.last_hit} /> : "Never" },
          ]}
        />
        {rule.users && (
          <p className="mt-3 text-ink-2">
            {rule.users.learning === 0
              ? `No user is still learning; the days of ${plural(rule.users.known, "user")} are scored.`
              : `${plural(rule.users.learning, "user is", "users are")} still learning, ${count(rule.users.known)} are known. Days are scored once 60 days hold ${rule.users.needed_days} active days and ${rule.users.needed_events} events of the user.`}
          </p>
        )}
        {rule.findings > 0 && (
          <TimeBars
            steps={steps}
            noun="finding"
            label="Findings by day"
            className="mt-4 h-32"
            onSelect={(from, to) => void navigate(`/findings?${query}&from=${instant(from)}&to=${instant(to)}`)}
          />
        )}
      </div>
      {last.error && <ErrorState error={last.error} retry={() => void last.refetch()} busy={last.isFetching} />}
      {last.data && last.data.items.length > 0 && (
        <div className="border-t">
          <FindingLines findings={last.data.items} show="user" />
        </div>
      )}
    </Panel>
  );
}
