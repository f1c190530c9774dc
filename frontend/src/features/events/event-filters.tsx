import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useId, useState } from "react";

import { FacetList } from "@/components/data-table/facet-list";
import type { EventFacets } from "@/lib/api/events";
import { getUsers } from "@/lib/api/users";
import { words } from "@/lib/format";

import type { Filters } from "./filters";

const MAX_SUGGESTIONS = 8;

/** The filters of the event list. */
export function EventFilters({
  filters,
  facets,
  onChange,
}: {
  filters: Filters;
  /** Undefined while they load. */
  facets: EventFacets | undefined;
  onChange: (changed: Partial<Filters>) => void;
}) {
  return (
    <>
      <UserFilter key={filters.user} user={filters.user} onChange={(user) => onChange({ user })} />
      <FacetList
        title="Type"
        values={facets?.event_type}
        selected={filters.event_type}
        onChange={(event_type) => onChange({ event_type })}
        show={words}
      />
      <FacetList
        title="Source"
        values={facets?.source}
        selected={filters.source}
        onChange={(source) => onChange({ source })}
      />
    </>
  );
}

function UserFilter({ user, onChange }: { user: string | null; onChange: (user: string | null) => void }) {
  const [typed, setTyped] = useState(user ?? "");
  const id = useId();
  const q = useDeferredValue(typed.trim());
  const suggested = useQuery({
    queryKey: ["users", "suggested", q],
    queryFn: ({ signal }) => getUsers({ q, sort: "events", limit: MAX_SUGGESTIONS }, signal),
    enabled: q.length > 1 && q !== user,
  });
  const apply = (text: string) => onChange(text.trim() || null);
  return (
    <form
      className="border-b px-3 py-2.5"
      onSubmit={(event) => {
        event.preventDefault();
        apply(typed);
      }}
    >
      <label htmlFor={id} className="block px-1 pb-1 text-xs font-medium text-ink-2">
        User
      </label>
      <input
        id={id}
        type="search"
        list={`${id}-users`}
        value={typed}
        autoComplete="off"
        placeholder="Exact name"
        onChange={(event) => {
          setTyped(event.target.value);
          // a suggestion that was picked applies at once, and so does an emptied field
          const picked = suggested.data?.items.some((each) => each.user === event.target.value);
          if (picked || event.target.value === "") apply(event.target.value);
        }}
        onBlur={() => typed.trim() !== (user ?? "") && apply(typed)}
        className="h-8 w-full rounded-md border border-line-strong bg-surface px-2.5 placeholder:text-ink-3"
      />
      <datalist id={`${id}-users`}>
        {suggested.data?.items.map((each) => (
          <option key={each.user} value={each.user} />
        ))}
      </datalist>
    </form>
  );
}
