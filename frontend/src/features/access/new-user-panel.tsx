import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { Button } from "@/components/button";
import { Panel } from "@/components/panel";
import { FormError, SelectField, TextField } from "@/components/text-field";
import { createUser, type Role } from "@/lib/api/access";
import { toast } from "@/lib/toast";

import { RestrictionFields, restrictionOf } from "./restriction-fields";
import { ROLES } from "./roles";

/** Creation of a user or a service account. */
export function NewUserPanel({ onCreated }: { onCreated: () => void }) {
  const [kind, setKind] = useState("person");
  const [role, setRole] = useState("viewer");
  const create = useMutation({ mutationFn: createUser, onSuccess: onCreated });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    create.mutate(
      {
        kind: kind === "service" ? "service" : "person",
        email: String(given.get("email")),
        role: role as Role,
        password: kind === "person" ? String(given.get("password")) : null,
        ...restrictionOf(given),
      },
      {
        onSuccess: (user) => {
          toast(`Created ${user.email}.`);
          form.reset();
        },
      },
    );
  };
  return (
    <Panel title="New account">
      <form onSubmit={submit} className="grid gap-3 sm:grid-cols-2">
        <SelectField
          label="Kind"
          value={kind}
          onChange={(event) => setKind(event.target.value)}
          options={[
            ["person", "Person"],
            ["service", "Service account"],
          ]}
        />
        <SelectField label="Role" value={role} onChange={(event) => setRole(event.target.value)} options={ROLES} />
        <TextField label={kind === "person" ? "E-mail address" : "Name"} name="email" maxLength={254} required />
        {kind === "person" && (
          <TextField
            label="Password"
            name="password"
            type="password"
            autoComplete="new-password"
            minLength={12}
            note="At least 12 characters; the person can change it."
            required
          />
        )}
        <RestrictionFields expires={role === "auditor"} />
        <div className="sm:col-span-2">
          <FormError error={create.error} />
          <Button type="submit" disabled={create.isPending}>
            Create account
          </Button>
        </div>
      </form>
    </Panel>
  );
}
