import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";

import { Button } from "@/components/button";
import { FormError, TextField } from "@/components/text-field";
import { ACCOUNT_KEY } from "@/lib/access/account";
import { setUp } from "@/lib/api/access";

import { LoginCard } from "./card";

/** Creation of the first administrator. The token is in the fragment of the link, which browsers keep to themselves. */
export default function SetupScreen({ onDone }: { onDone: () => void }) {
  const queries = useQueryClient();
  const [token] = useState(() => new URLSearchParams(window.location.hash.slice(1)).get("token") ?? "");
  const [differs, setDiffers] = useState(false);
  const setup = useMutation({
    mutationFn: setUp,
    onSuccess: async () => {
      await queries.resetQueries({ queryKey: ACCOUNT_KEY });
      onDone();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const password = String(form.get("password"));
    const same = password === form.get("repeated");
    setDiffers(!same);
    if (same) setup.mutate({ token, email: String(form.get("email")), password });
  };
  return (
    <LoginCard
      title="Create the first administrator"
      note={
        token ? "The link works once." : "This link has no token. Copy the whole link from the API's log, and open it."
      }
    >
      <form onSubmit={submit} className="grid gap-3">
        <TextField label="E-mail address" name="email" type="email" autoComplete="username" required autoFocus />
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={12}
          note="At least 12 characters. A sentence of several words is easy to remember."
          required
        />
        <TextField
          label="Repeat the password"
          name="repeated"
          type="password"
          autoComplete="new-password"
          error={differs ? "The passwords differ." : null}
          required
        />
        <FormError error={setup.error} />
        <Button type="submit" variant="solid" disabled={setup.isPending || !token}>
          Create administrator
        </Button>
      </form>
    </LoginCard>
  );
}
