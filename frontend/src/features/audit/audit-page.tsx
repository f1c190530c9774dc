import { useInfiniteQuery } from "@tanstack/react-query";
import { ScrollText } from "lucide-react";
import { parseAsString, useQueryStates } from "nuqs";

import { Allowed } from "@/components/allowed";
import { Button } from "@/components/button";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { SearchField } from "@/components/search-field";
import { ShowOlder } from "@/components/show-older";
import { SelectField, TextField } from "@/components/text-field";
import { auditFile, type AuditQuery, getAuditEntries } from "@/lib/api/access";

import { AuditEntryItem } from "./audit-entry";

const FILTERS = {
  actor: parseAsString.withDefault(""),
  action: parseAsString.withDefault(""),
  target: parseAsString.withDefault(""),
  from: parseAsString.withDefault(""),
  to: parseAsString.withDefault(""),
};

/** The audit trail: who did what and when, with what changed. */
export default function AuditPage() {
  const [filters, setFilters] = useQueryStates(FILTERS);
  const query: AuditQuery = {
    ...(filters.actor && { actor: filters.actor }),
    ...(filters.action && { action: [filters.action] }),
    ...(filters.target && { target: filters.target }),
    ...(filters.from && { from_timestamp: `${filters.from}T00:00:00Z` }),
    ...(filters.to && { to_timestamp: `${filters.to}T23:59:59Z` }),
  };
  const entries = useInfiniteQuery({
    queryKey: ["audit", query],
    queryFn: ({ pageParam, signal }) => getAuditEntries({ ...query, ...(pageParam && { before: pageParam }) }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const items = entries.data?.pages.flatMap((page) => page.items);
  const actions = entries.data?.pages[0]?.actions ?? [];
  return (
    <>
      <PageHeader
        title="Audit trail"
        actions={
          <Allowed scope="audit:export">
            <Button asChild>
              <a href={auditFile(query, "csv")} download>
                Export CSV
              </a>
            </Button>
            <Button asChild>
              <a href={auditFile(query, "ndjson")} download>
                Export NDJSON
              </a>
            </Button>
          </Allowed>
        }
      />
      <div className="grid gap-4 px-4 pb-6 lg:px-6">
        <div role="search" className="flex flex-wrap items-end gap-3">
          <SearchField
            label="Filter by actor"
            value={filters.actor}
            onChange={(actor) => void setFilters({ actor })}
            className="w-60"
          />
          <SelectField
            label="Action"
            value={filters.action}
            onChange={(event) => void setFilters({ action: event.target.value })}
            options={[["", "All actions"], ...actions.map((action) => [action, action] as const)]}
            className="w-48 [&_label]:sr-only"
          />
          <TextField
            label="From"
            type="date"
            value={filters.from}
            onChange={(event) => void setFilters({ from: event.target.value })}
          />
          <TextField
            label="To"
            type="date"
            value={filters.to}
            onChange={(event) => void setFilters({ to: event.target.value })}
          />
          {(filters.actor || filters.action || filters.target || filters.from || filters.to) && (
            <Button variant="link" onClick={() => void setFilters(null)}>
              Clear filters
            </Button>
          )}
        </div>
        <Panel flush>
          {entries.error && !items ? (
            <ErrorState error={entries.error} retry={() => void entries.refetch()} busy={entries.isFetching} />
          ) : items?.length === 0 ? (
            <EmptyState icon={ScrollText} title="No matching entries">
              Changes, logins, exports and reads of raw data are recorded here.
            </EmptyState>
          ) : (
            <ul className="divide-y">
              {items?.map((entry) => (
                <AuditEntryItem
                  key={entry.seq}
                  entry={entry}
                  onActor={(actor) => void setFilters({ actor })}
                  onTarget={(target) => void setFilters({ target })}
                />
              ))}
            </ul>
          )}
          <ShowOlder query={entries} />
        </Panel>
      </div>
    </>
  );
}
