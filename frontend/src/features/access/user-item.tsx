import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useId, useState } from "react";

import { Badge } from "@/components/badge";
import { Button } from "@/components/button";
import { FormError, SelectField, TextField } from "@/components/text-field";
import { Timestamp } from "@/components/timestamp";
import { VisibleText } from "@/components/visible-text";
import { type AccountUser, changeUser, resetPassword, type Role } from "@/lib/api/access";
import { toast } from "@/lib/toast";

import { changed, RestrictionFields } from "./restriction-fields";
import { ROLES } from "./roles";

/** A user or service account in the list, with its role; its restriction, expiry and password on request. */
export function UserItem({ user, onChanged }: { user: AccountUser; onChanged: () => void }) {
  const [editing, setEditing] = useState(false);
  const form = useId();
  const change = useMutation({
    mutationFn: (values: { role?: Role; disabled?: boolean }) => changeUser(user.id, values),
    onSettled: onChanged,
  });
  return (
    <li className="flex flex-wrap items-end gap-x-4 gap-y-2 px-4 py-2.5">
      <div className="min-w-0 flex-1 basis-60">
        <p className="truncate font-medium">
          <VisibleText text={user.email} />
        </p>
        <Facts of={user} />
      </div>
      <SelectField
        label={`Role of ${user.email}`}
        value={user.role ?? ""}
        options={user.role ? ROLES : [["", "No role"], ...ROLES]}
        disabled={change.isPending || user.issuer !== null}
        title={user.issuer === null ? undefined : "The role comes from the provider, at each login"}
        onChange={(event) => change.mutate({ role: event.target.value as Role })}
        className="w-40 [&_label]:sr-only"
      />
      <Button
        size="sm"
        aria-expanded={editing}
        aria-controls={form}
        aria-label={`Edit ${user.email}`}
        onClick={() => setEditing(!editing)}
      >
        Edit
      </Button>
      <Button size="sm" onClick={() => change.mutate({ disabled: !user.disabled })} disabled={change.isPending}>
        {user.disabled ? "Enable" : "Disable"}
      </Button>
      {change.error && (
        <div className="basis-full">
          <FormError error={change.error} />
        </div>
      )}
      <div id={form} className="basis-full" hidden={!editing}>
        {editing && (
          <EditForm
            user={user}
            onDone={() => {
              setEditing(false);
              onChanged();
            }}
          />
        )}
      </div>
    </li>
  );
}

function Facts({ of: user }: { of: AccountUser }) {
  return (
    <p className="flex flex-wrap items-center gap-1.5 text-xs text-ink-2">
      {user.kind === "service" && <Badge>Service account</Badge>}
      {user.issuer && <Badge>{user.issuer}</Badge>}
      {user.disabled && <Badge tone="critical">Disabled</Badge>}
      {user.sources && <span>sources {user.sources.join(", ")}</span>}
      {user.period_from && (
        <span>
          sees from <Timestamp time={user.period_from} to="minute" />
        </span>
      )}
      {user.period_to && (
        <span>
          sees until <Timestamp time={user.period_to} to="minute" />
        </span>
      )}
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
  );
}

/** Changes what an account may see and until when, and the password of a local user. */
function EditForm({ user, onDone }: { user: AccountUser; onDone: () => void }) {
  const hasPassword = user.kind === "person" && user.issuer === null;
  const save = useMutation({
    mutationFn: async (given: FormData) => {
      const values = changed(user, given);
      if (Object.keys(values).length > 0) await changeUser(user.id, values);
      const password = String(given.get("password") ?? "");
      if (password) await resetPassword(user.id, password);
    },
    onSuccess: () => {
      toast(`Saved ${user.email}.`);
      onDone();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(new FormData(event.currentTarget));
  };
  return (
    <form onSubmit={submit} className="grid gap-3 pb-2 sm:grid-cols-2" aria-label={`Account ${user.email}`}>
      <RestrictionFields of={user} expires={user.role === "auditor"} />
      {hasPassword && (
        <TextField
          label="New password"
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={12}
          note="Empty: unchanged. A new one ends all sessions of the person."
        />
      )}
      <div className="sm:col-span-2">
        <FormError error={save.error} />
        <Button type="submit" disabled={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
