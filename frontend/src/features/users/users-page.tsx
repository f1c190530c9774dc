import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { SearchX, Users } from "lucide-react";
import { parseAsString, parseAsStringLiteral, useQueryStates } from "nuqs";
import { useCallback, useMemo } from "react";
import { useNavigate } from "react-router";

import { Button } from "@/components/button";
import { GettingStarted } from "@/components/getting-started";
import { DataTable } from "@/components/data-table/data-table";
import { useMore } from "@/components/data-table/use-more";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { PageHeader } from "@/components/page-header";
import { SearchField } from "@/components/search-field";
import { WindowPage } from "@/components/window-page";
import { getUsers, type User } from "@/lib/api/users";

import { userFields } from "./fields";

const PAGE_SIZE = 100;
const ORDERS = ["risk_score", "findings", "events", "last_seen"] as const;

/** The URL parameters of the list: search and order. */
export const userParsers = {
  q: parseAsString.withDefault(""),
  sort: parseAsStringLiteral(ORDERS).withDefault("risk_score"),
};

/** All users in events, riskiest first. */
export default function UsersPage() {
  const [{ q, sort }, setShown] = useQueryStates(userParsers);
  const navigate = useNavigate();
  const list = useInfiniteQuery({
    queryKey: ["users", "list", { q, sort }],
    queryFn: ({ pageParam, signal }) =>
      getUsers({ q: q || undefined, sort, limit: PAGE_SIZE, before: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const users = useMemo(() => list.data && unique(list.data.pages.flatMap((page) => page.items)), [list.data]);
  const search = useCallback((text: string) => void setShown({ q: text || null }), [setShown]);
  const more = useMore(list);
  return (
    <WindowPage>
      <PageHeader title="Users" />
      <div className="flex flex-wrap items-center gap-2 px-4 pb-3 lg:px-6">
        <SearchField value={q} onChange={search} label="Search users" className="w-full sm:w-72" />
      </div>
      <section
        aria-label="List of users"
        className="flex min-h-96 min-w-0 flex-1 flex-col overflow-hidden border-y bg-surface shadow-card md:mx-4 md:mb-4 md:rounded-lg md:border lg:mx-6 lg:mb-6 print:overflow-visible"
      >
        {list.error && !users ? (
          <ErrorState error={list.error} retry={() => void list.refetch()} busy={list.isFetching} />
        ) : (
          <DataTable
            label="Users"
            className="min-h-0 flex-1"
            fields={userFields}
            rows={users}
            busy={list.isPlaceholderData}
            rowKey={keyOf}
            rowLink={linkTo}
            onOpen={(user) => void navigate(linkTo(user))}
            order={{ by: sort, order: "desc" }}
            onOrder={({ by }) => void setShown({ sort: by as typeof sort })}
            total={list.hasNextPage ? undefined : users?.length}
            more={more}
            empty={<EmptyList q={q} onClear={() => search("")} />}
          />
        )}
      </section>
    </WindowPage>
  );
}

const keyOf = ({ user }: User) => user;
const linkTo = ({ user }: User) => `/users/${encodeURIComponent(user)}`;

/** A user whose figures increased while the pages were loaded may be on two of them. */
function unique(users: User[]): User[] {
  return [...new Map(users.map((each) => [each.user, each])).values()];
}

function EmptyList({ q, onClear }: { q: string; onClear: () => void }) {
  if (q)
    return (
      <EmptyState icon={SearchX} title="No results" action={<Button onClick={onClear}>Clear search</Button>}>
        No users match “{q}”.
      </EmptyState>
    );
  return (
    <EmptyState icon={Users} title="No users yet">
      People and service accounts appear here with their first event. <GettingStarted />
    </EmptyState>
  );
}
