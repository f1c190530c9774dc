import { useQuery } from "@tanstack/react-query";
import { BookOpenCheck, SearchX } from "lucide-react";
import { useQueryStates } from "nuqs";
import { useCallback, useMemo } from "react";
import { Link, useNavigate } from "react-router";

import { Button } from "@/components/button";
import { DataTable } from "@/components/data-table/data-table";
import { FacetList } from "@/components/data-table/facet-list";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { FilterSidebar, FilterDrawer, FiltersButton } from "@/components/filter-panel";
import { PageHeader } from "@/components/page-header";
import { SearchField } from "@/components/search-field";
import { useFilterPanel } from "@/components/use-filter-panel";
import { WindowPage } from "@/components/window-page";
import { useCan } from "@/lib/access/account";
import { getBlindRules, getRules, type Rule } from "@/lib/api/rules";
import { plural } from "@/lib/format";
import { preference } from "@/lib/preference";

import { ruleFields } from "./fields";
import { countBy, FACETS, type Listing, listed, type RuleFacet, ruleParsers } from "./listing";

const sidebar = preference("rules.filters", ["shown", "hidden"], "shown");
const NO_FILTERS = { helpers: null, q: null, level: null, family: null, framework: null };

/** All active rules, those with the most findings first. */
export default function RulesPage() {
  const [listing, setListing] = useQueryStates(ruleParsers);
  const panel = useFilterPanel(sidebar, "(min-width: 75rem)");
  const navigate = useNavigate();
  const rules = useQuery({ queryKey: ["rules", "list"], queryFn: ({ signal }) => getRules(signal) });
  const blind = useQuery({
    queryKey: ["rules", "blind"],
    queryFn: ({ signal }) => getBlindRules(signal),
    enabled: useCan("sources:read"),
    retry: false,
  });
  const rows = useMemo(() => {
    const reasons = new Map(blind.data?.map((rule) => [rule.rule_id, rule.reason]));
    return rules.data && listed(rules.data, listing).map((rule) => ({ ...rule, blind: reasons.get(rule.rule_id) }));
  }, [rules.data, blind.data, listing]);
  const search = useCallback((text: string) => void setListing({ q: text || null }), [setListing]);
  const facets = FACETS.map((facet) => (
    <Facet
      key={facet}
      facet={facet}
      rules={rules.data}
      listing={listing}
      onChange={(selected) => void setListing(selected)}
    />
  ));
  const helperCount = rules.data?.filter(({ helper }) => helper).length ?? 0;
  const filterPanel = (
    <>
      {facets}
      {helperCount > 0 && (
        <label className="flex min-h-10 cursor-pointer items-center gap-2 px-4">
          <input
            type="checkbox"
            checked={listing.helpers}
            onChange={(event) => void setListing({ helpers: event.target.checked || null })}
            className="size-3.5 shrink-0"
          />
          <span className="flex-1">Show helper rules</span>
          <span className="tabular text-xs text-ink-3">{helperCount}</span>
        </label>
      )}
    </>
  );
  return (
    <WindowPage>
      <PageHeader title="Rules" note={rows && <span className="tabular">{plural(rows.length, "rule")}</span>} />
      <div className="flex flex-wrap items-center gap-2 px-4 pb-3 lg:px-6 print:hidden">
        <FiltersButton panel={panel} />
        <SearchField value={listing.q} onChange={search} label="Search rules" className="w-full sm:w-72" />
      </div>
      <div className="flex min-h-0 flex-1 gap-3 px-0 md:px-4 md:pb-4 lg:px-6 lg:pb-6">
        <FilterSidebar panel={panel}>{filterPanel}</FilterSidebar>
        <section
          aria-label="List of rules"
          className="flex min-h-96 min-w-0 flex-1 flex-col overflow-hidden border-y bg-surface shadow-card md:rounded-lg md:border print:overflow-visible"
        >
          {rules.error && !rules.data ? (
            <ErrorState error={rules.error} retry={() => void rules.refetch()} busy={rules.isFetching} />
          ) : (
            <DataTable
              label="Rules"
              minWidth={864}
              rowHeight={56}
              className="min-h-0 flex-1"
              fields={ruleFields}
              rows={rows}
              rowKey={keyOf}
              rowLink={linkTo}
              onOpen={(rule) => void navigate(linkTo(rule))}
              order={{ by: listing.sort, order: listing.order }}
              onOrder={({ by, order }) => void setListing({ sort: by as Listing["sort"], order })}
              total={rows?.length}
              empty={<EmptyList loaded={(rules.data?.length ?? 0) > 0} onClear={() => void setListing(NO_FILTERS)} />}
            />
          )}
        </section>
      </div>
      <FilterDrawer panel={panel}>{filterPanel}</FilterDrawer>
    </WindowPage>
  );
}

const keyOf = (rule: Rule) => rule.rule_id;
const linkTo = (rule: Rule) => `/rules/${encodeURIComponent(rule.rule_name)}`;

function Facet({
  facet,
  rules,
  listing,
  onChange,
}: {
  facet: RuleFacet;
  rules: readonly Rule[] | undefined;
  listing: Listing;
  onChange: (selected: Partial<Listing>) => void;
}) {
  const field = ruleFields.find((each) => each.id === facet);
  return (
    <FacetList
      title={field?.title ?? facet}
      values={rules && countBy(rules, listing, facet)}
      selected={listing[facet]}
      onChange={(selected) => onChange({ [facet]: selected })}
      show={field?.facet?.show}
    />
  );
}

function EmptyList({ loaded, onClear }: { loaded: boolean; onClear: () => void }) {
  if (loaded)
    return (
      <EmptyState
        icon={SearchX}
        title="No matching rules"
        action={<Button onClick={onClear}>Clear all filters</Button>}
      >
        Shorten the search, or remove a filter.
      </EmptyState>
    );
  return (
    <EmptyState icon={BookOpenCheck} title="No active rules">
      The rules engine publishes its rules when it starts. Check on the{" "}
      <Link to="/pipeline" className="text-accent-strong hover:underline">
        pipeline page
      </Link>{" "}
      that it is running.
    </EmptyState>
  );
}
