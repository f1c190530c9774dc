import type { FormEvent } from "react";

import { Button } from "@/components/button";
import { FormError, TextField } from "@/components/text-field";
import type { Scope } from "@/lib/api/access";

const DAY_MS = 86_400_000;

/** What a new API token is given. */
export interface TokenValues {
  name: string;
  scopes: Scope[];
  expires_at: string;
  push_sources: string[];
  sources: string[] | null;
}

/** The form of a new API token. */
export function TokenForm({
  scopes,
  error,
  busy,
  onCreate,
}: {
  scopes: readonly Scope[];
  error: unknown;
  busy: boolean;
  onCreate: (values: TokenValues, done: () => void) => void;
}) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    const sources = names(given.get("sources"));
    onCreate(
      {
        name: String(given.get("name")),
        scopes: given.getAll("scopes") as Scope[],
        expires_at: new Date(Date.now() + Number(given.get("days")) * DAY_MS).toISOString(),
        push_sources: names(given.get("push_sources")),
        sources: sources.length > 0 ? sources : null,
      },
      () => form.reset(),
    );
  };
  return (
    <form onSubmit={submit} className="grid gap-3 p-4">
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField label="Name" name="name" maxLength={100} required />
        <TextField
          label="Days until it expires"
          name="days"
          type="number"
          min={1}
          max={365}
          defaultValue={90}
          required
        />
        <TextField label="Restricted to sources" name="sources" note="Comma separated. Empty: those of its user." />
        <TextField label="May push events of" name="push_sources" note="Sources, for the scope events:write." />
      </div>
      <fieldset>
        <legend className="mb-1 font-medium">Scopes</legend>
        <div className="grid gap-x-4 gap-y-1 sm:grid-cols-2">
          {scopes.map((scope) => (
            <label key={scope} className="flex items-center gap-2">
              <input
                type="checkbox"
                name="scopes"
                value={scope}
                className="size-4 shrink-0 appearance-auto accent-accent"
              />
              {scope}
            </label>
          ))}
        </div>
      </fieldset>
      <FormError error={error} />
      <div>
        <Button type="submit" disabled={busy}>
          Create token
        </Button>
      </div>
    </form>
  );
}

/** Splits a list that is written with commas. */
export function names(given: FormDataEntryValue | null): string[] {
  return String(given ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter(Boolean);
}
