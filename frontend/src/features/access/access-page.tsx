import { useQuery, useQueryClient } from "@tanstack/react-query";

import { ErrorState } from "@/components/error-state";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { getUsers } from "@/lib/api/access";

import { NewUserPanel } from "./new-user-panel";
import { ServiceTokensPanel } from "./service-tokens-panel";
import { UserItem } from "./user-item";

const KEY = ["access", "users"];

/** Users, roles, service accounts and their API tokens. */
export default function AccessPage() {
  const users = useQuery({ queryKey: KEY, queryFn: ({ signal }) => getUsers(signal) });
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: KEY });
  return (
    <>
      <PageHeader title="Access" />
      <div className="grid items-start gap-4 px-4 pb-6 lg:grid-cols-2 lg:px-6">
        <Panel title="Users and service accounts" flush className="lg:col-span-2">
          {users.error && <ErrorState error={users.error} retry={() => void users.refetch()} />}
          <ul className="divide-y border-t">
            {users.data?.map((user) => (
              <UserItem key={user.id} user={user} onChanged={() => void refresh()} />
            ))}
          </ul>
        </Panel>
        <NewUserPanel onCreated={() => void refresh()} />
        <ServiceTokensPanel accounts={users.data?.filter((user) => user.kind === "service") ?? []} />
      </div>
    </>
  );
}
