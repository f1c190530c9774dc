import type { ReactNode } from "react";

import { FacetList } from "@/components/data-table/facet-list";
import { ErrorState } from "@/components/error-state";

import { findingFields } from "./fields";
import type { Filters } from "./filters";
import { useFindingFacets } from "../live/use-findings";

type Facet =
  "status" | "assignee" | "label" | "severity" | "rule" | "source" | "state" | "suppressed" | "user" | "enriched";
const SINGLE: readonly string[] = ["user", "enriched"] satisfies Facet[];

/** The filters, each value with its number of findings. */
export function FilterPanel({
  filters,
  applied,
  onChange,
}: {
  /** The filters that are chosen, and those with the conditions of the view. */
  filters: Filters;
  applied: Filters;
  onChange: (change: Partial<Filters>) => void;
}) {
  const facets = useFindingFacets(applied);
  if (facets.error && !facets.data)
    return <ErrorState error={facets.error} retry={() => void facets.refetch()} busy={facets.isFetching} />;
  return (
    <>
      {findingFields.map(({ id, title, facet }): ReactNode => {
        if (!facet) return null;
        const name = id as Facet;
        const value = filters[name];
        return (
          <FacetList
            key={id}
            title={facet.title ?? title}
            values={facets.data?.[name]}
            selected={Array.isArray(value) ? value : value === null ? [] : [value]}
            single={facet.single}
            show={facet.show}
            onChange={(selected) => onChange({ [name]: SINGLE.includes(name) ? (selected[0] ?? null) : selected })}
          />
        );
      })}
    </>
  );
}
