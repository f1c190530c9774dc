import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { ErrorState } from "@/components/error-state";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { FormError, SelectField } from "@/components/text-field";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import { type AccountUser, changeUser, getUsers, type Role } from "@/lib/api/access";

import { NewUserPanel } from "./new-user-panel";
import { ROLES } from "./roles";
import { ServiceTokensPanel } from "./service-tokens-panel";

const KEY = ["access", "users"];

/** Users, roles, service accounts and their API tokens. */
export default function AccessPage() {
  const users = useQuery({ queryKey: KEY, queryFn: ({ signal }) => getUsers(signal) });
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: KEY });
  const change = useMutation({
    mutationFn: ({ id, ...values }: { id: string; role?: Role; disabled?: boolean }) => changeUser(id, values),
    onSettled: refresh,
  });
  return (
    <>
      <PageHeader title="Access" />
      <div className="grid items-start gap-4 px-4 pb-6 lg:grid-cols-2 lg:px-6">
        <Panel title="Users and service accounts" flush className="lg:col-span-2">
          {users.error && <ErrorState error={users.error} retry={() => void users.refetch()} />}
          {change.error && (
            <div className="px-4 pb-2">
              <FormError error={change.error} />
            </div>
          )}
          <ul className="divide-y border-t">
            {users.data?.map((user) => (
              <UserItem
                key={user.id}
                user={user}
                busy={change.isPending}
                onRole={(role) => change.mutate({ id: user.id, role })}
                onDisable={(disabled) => change.mutate({ id: user.id, disabled })}
              />
            ))}
          </ul>
        </Panel>
        <NewUserPanel onCreated={() => void refresh()} />
        <ServiceTokensPanel accounts={users.data?.filter((user) => user.kind === "service") ?? []} />
      </div>
    </>
  );
}

function UserItem({
  user,
  busy,
  onRole,
  onDisable,
}: {
  user: AccountUser;
  busy: boolean;
  onRole: (role: Role) => void;
  onDisable: (disabled: boolean) => void;
}) {
  return (
    <li className="flex flex-wrap items-end gap-x-4 gap-y-2 px-4 py-2.5">
      <div className="min-w-0 flex-1 basis-60">
        <p className="truncate font-medium">
          <VisibleText text={user.email} />
        </p>
        <p className="flex flex-wrap items-center gap-1.5 text-xs text-ink-2">
          {user.kind === "service" && <Badge>Service account</Badge>}
          {user.issuer && <Badge>{user.issuer}</Badge>}
          {user.disabled && <Badge tone="critical">Disabled</Badge>}
          {user.sources && <span>sources {user.sources.join(", ")}</span>}
          {user.expires_at && (
            <span>
              until <Timestamp time={user.expires_at} to="minute" />
            </span>
          )}
          {user.last_login_at && (
            <span>
              last login <Timestamp time={user.last_login_at} to="minute" />
            </span>
          )}
        </p>
      </div>
      <SelectField
        label={`Role of ${user.email}`}
        value={user.role ?? ""}
        options={user.role ? ROLES : [["", "No role"], ...ROLES]}
        disabled={busy || user.issuer !== null}
        onChange={(event) => onRole(event.target.value as Role)}
        className="w-40 [&_label]:sr-only"
      />
      <Button size="sm" onClick={() => onDisable(!user.disabled)} disabled={busy}>
        {user.disabled ? "Enable" : "Disable"}
      </Button>
    </li>
  );
}
