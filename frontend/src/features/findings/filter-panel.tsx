import type { ReactNode } from "react";

import { FacetList } from "@/components/data-table/facet-list";
import { ErrorState } from "@/components/error-state";

import { findingFields } from "./fields";
import type { Filters } from "./filters";
import { useFindingFacets } from "./use-findings";

type Facet = "severity" | "rule" | "source" | "user" | "enriched";
const SINGLE: readonly string[] = ["user", "enriched"] satisfies Facet[];

/** The filters with how many findings each of their values has. */
export function FilterPanel({ filters, onChange }: { filters: Filters; onChange: (change: Partial<Filters>) => void }) {
  const facets = useFindingFacets(filters);
  if (facets.error && !facets.data)
    return <ErrorState error={facets.error} retry={() => void facets.refetch()} busy={facets.isFetching} />;
  return (
    <>
      {findingFields.map(({ id, title, facet }): ReactNode => {
        if (!facet) return null;
        const name = id as Facet;
        const held = filters[name];
        return (
          <FacetList
            key={id}
            title={title}
            values={facets.data?.[name]}
            chosen={Array.isArray(held) ? held : held === null ? [] : [held]}
            single={facet.single}
            show={facet.show}
            onChange={(chosen) => onChange({ [name]: SINGLE.includes(name) ? (chosen[0] ?? null) : chosen })}
          />
        );
      })}
    </>
  );
}
