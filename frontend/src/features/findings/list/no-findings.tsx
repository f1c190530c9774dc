import { useQuery } from "@tanstack/react-query";
import { SearchX, ShieldCheck } from "lucide-react";

import { Button } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { GettingStarted } from "@/components/getting-started";
import { getFindings } from "@/lib/api/findings";

import { type Filters, isFiltered, NO_FILTERS, viewOf } from "./filters";

/** Why the list is empty, and what to do about it. */
export function NoFindings({ filters, onChange }: { filters: Filters; onChange: (change: Partial<Filters>) => void }) {
  const limited = viewOf(filters) === "work";
  const filtered = isFiltered(filters);
  const everything = useQuery({
    queryKey: ["findings", "any"],
    queryFn: ({ signal }) => getFindings({ page_size: 1, state: ["standing", "withdrawn"] }, signal),
    enabled: limited && !filtered,
  });
  const all = <Button onClick={() => onChange({ view: "all" })}>Show all findings</Button>;
  if (filtered)
    return (
      <EmptyState
        icon={SearchX}
        title="No matching findings"
        action={
          <span className="flex gap-2">
            <Button onClick={() => onChange(NO_FILTERS)}>Clear all filters</Button>
            {limited && all}
          </span>
        }
      >
        {limited
          ? "Only open findings that are unassigned or yours were searched. Widen the time range, or remove a filter."
          : "Widen the time range, or remove a filter."}
      </EmptyState>
    );
  if (limited && everything.data?.total)
    return (
      <EmptyState icon={ShieldCheck} title="No open findings" action={all}>
        All findings are closed, or assigned to others.
      </EmptyState>
    );
  return (
    <EmptyState icon={ShieldCheck} title="No findings yet">
      Findings appear here as soon as a rule matches. <GettingStarted />
    </EmptyState>
  );
}
