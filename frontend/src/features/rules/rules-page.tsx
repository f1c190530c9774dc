import { useQuery } from "@tanstack/react-query";
import { BookOpenCheck, SearchX } from "lucide-react";
import { useQueryStates } from "nuqs";
import { useCallback, useMemo } from "react";
import { useNavigate } from "react-router";

import { Button } from "@/components/button";
import { Code } from "@/components/code";
import { DataTable } from "@/components/data-table/data-table";
import { FacetList } from "@/components/data-table/facet-list";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { FilterAside, FilterDrawer, FiltersButton } from "@/components/filter-side";
import { PageHeader } from "@/components/page-header";
import { SearchField } from "@/components/search-field";
import { useFilterSide } from "@/components/use-filter-side";
import { WindowPage } from "@/components/window-page";
import { getRules, type Rule } from "@/lib/api/rules";
import { plural } from "@/lib/format";
import { preference } from "@/lib/preference";

import { ruleFields } from "./fields";
import { countBy, FACETS, type Listing, listed, type RuleFacet, ruleParsers } from "./listing";

const panel = preference("rules.filters", ["shown", "hidden"], "shown");
const NO_FILTERS = { q: null, level: null, family: null, framework: null };

/** Every rule in force, those with the most findings first. */
export default function RulesPage() {
  const [listing, setListing] = useQueryStates(ruleParsers);
  const side = useFilterSide(panel, "(min-width: 96rem)");
  const navigate = useNavigate();
  const rules = useQuery({ queryKey: ["rules", "list"], queryFn: ({ signal }) => getRules(signal) });
  const rows = useMemo(() => rules.data && listed(rules.data, listing), [rules.data, listing]);
  const search = useCallback((text: string) => void setListing({ q: text || null }), [setListing]);
  const filterPanel = FACETS.map((facet) => (
    <Facet
      key={facet}
      facet={facet}
      rules={rules.data}
      listing={listing}
      onChange={(chosen) => void setListing(chosen)}
    />
  ));
  return (
    <WindowPage>
      <PageHeader title="Rules" note={rows && <span className="tabular">{plural(rows.length, "rule")}</span>} />
      <div className="flex flex-wrap items-center gap-2 px-4 pb-3 lg:px-6">
        <FiltersButton side={side} />
        <SearchField value={listing.q} onChange={search} label="Search rules" className="w-full sm:w-72" />
      </div>
      <div className="flex min-h-0 flex-1 gap-3 px-0 md:px-4 md:pb-4 lg:px-6 lg:pb-6">
        <FilterAside side={side}>{filterPanel}</FilterAside>
        <section
          aria-label="List of rules"
          className="flex min-h-96 min-w-0 flex-1 flex-col overflow-hidden border-y bg-surface shadow-card md:rounded-lg md:border"
        >
          {rules.error && !rules.data ? (
            <ErrorState error={rules.error} retry={() => void rules.refetch()} busy={rules.isFetching} />
          ) : (
            <DataTable
              label="Rules"
              className="min-h-0 flex-1"
              fields={ruleFields}
              rows={rows}
              rowKey={keyOf}
              rowLink={linkTo}
              onOpen={(rule) => void navigate(linkTo(rule))}
              order={{ by: listing.sort, order: listing.order }}
              onOrder={({ by, order }) => void setListing({ sort: by as Listing["sort"], order })}
              total={rows?.length}
              empty={<Nothing loaded={(rules.data?.length ?? 0) > 0} onClear={() => void setListing(NO_FILTERS)} />}
            />
          )}
        </section>
      </div>
      <FilterDrawer side={side}> {filterPanel}</FilterDrawer>
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
  onChange: (chosen: Partial<Listing>) => void;
}) {
  const field = ruleFields.find((each) => each.id === facet);
  return (
    <FacetList
      title={facet === "framework" ? "Framework" : (field?.title ?? facet)}
      values={rules && countBy(rules, listing, facet)}
      chosen={listing[facet]}
      onChange={(chosen) => onChange({ [facet]: chosen })}
      show={field?.facet?.show}
    />
  );
}

function Nothing({ loaded, onClear }: { loaded: boolean; onClear: () => void }) {
  if (loaded)
    return (
      <EmptyState icon={SearchX} title="No rule matches" action={<Button onClick={onClear}>Clear all filters</Button>}>
        Search for less, or take a filter away.
      </EmptyState>
    );
  return (
    <EmptyState icon={BookOpenCheck} title="No rules are in force">
      The engine tells its rules when it starts: run <Code>mcm-rules-engine run</Code>, and they appear here.
    </EmptyState>
  );
}
