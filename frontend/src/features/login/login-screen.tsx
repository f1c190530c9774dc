import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useLocation, useNavigate } from "react-router";

import { Button } from "@/components/button";
import { FormError, TextField } from "@/components/text-field";
import { ACCOUNT_KEY } from "@/lib/access/account";
import { getLoginOptions, logIn } from "@/lib/api/access";

import { LoginCard } from "./card";
import { loginFailure } from "./login-failure";

const FAILURE = "login_error";

/** Login at the provider, or with e-mail address and password. */
export default function LoginScreen() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const parameters = new URLSearchParams(search);
  const [failure] = useState(() => parameters.get(FAILURE));
  parameters.delete(FAILURE);
  const asked = parameters.size > 0 ? `${pathname}?${parameters}` : pathname;
  const options = useQuery({ queryKey: ["login", "options"], queryFn: ({ signal }) => getLoginOptions(signal) });
  const provider = options.data?.oidc;
  const login = useMutation({
    mutationFn: ({ email, password }: { email: string; password: string }) => logIn(email, password),
    onSuccess: async () => {
      await navigate(asked, { replace: true });
      await queries.resetQueries({ queryKey: ACCOUNT_KEY });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    login.mutate({ email: String(form.get("email")), password: String(form.get("password")) });
  };
  const failed = provider && failure ? loginFailure(failure, provider) : null;
  return (
    <LoginCard
      title={failed?.title ?? "Log in"}
      note={
        options.data?.setup &&
        "There are no users yet. Open the setup link from the API's log to create the first administrator."
      }
    >
      {failed && (
        <p role="alert" className="mb-4">
          {failed.detail}
        </p>
      )}
      {provider && (
        <div className="mb-4 grid gap-4 border-b pb-4">
          <Button asChild variant="solid">
            <a href={`/login/oidc?return_to=${encodeURIComponent(asked)}`}>Log in with {provider.name}</a>
          </Button>
        </div>
      )}
      <form onSubmit={submit} className="grid gap-3">
        <TextField label="E-mail address" name="email" type="email" autoComplete="username" required autoFocus />
        <TextField label="Password" name="password" type="password" autoComplete="current-password" required />
        <FormError error={login.error} />
        <Button type="submit" variant={provider ? "outline" : "solid"} disabled={login.isPending}>
          Log in
        </Button>
      </form>
    </LoginCard>
  );
}
