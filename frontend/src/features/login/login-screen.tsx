import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";

import { Button } from "@/components/button";
import { FormError, TextField } from "@/components/text-field";
import { ACCOUNT_KEY } from "@/lib/access/account";
import { getLoginOptions, logIn } from "@/lib/api/access";

import { LoginCard } from "./card";

/** Login with e-mail address and password. */
export default function LoginScreen() {
  const queries = useQueryClient();
  const options = useQuery({ queryKey: ["login", "options"], queryFn: ({ signal }) => getLoginOptions(signal) });
  const login = useMutation({
    mutationFn: ({ email, password }: { email: string; password: string }) => logIn(email, password),
    onSuccess: () => queries.resetQueries({ queryKey: ACCOUNT_KEY }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    login.mutate({ email: String(form.get("email")), password: String(form.get("password")) });
  };
  return (
    <LoginCard
      title="Log in"
      note={
        options.data?.setup &&
        "There are no users yet. Open the setup link from the API's log to create the first administrator."
      }
    >
      <form onSubmit={submit} className="grid gap-3">
        <TextField label="E-mail address" name="email" type="email" autoComplete="username" required autoFocus />
        <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
        <FormError error={login.error} />
        <Button type="submit" variant="solid" disabled={login.isPending}>
          Log in
        </Button>
      </form>
    </LoginCard>
  );
}
