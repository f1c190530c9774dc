import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";

import { Button } from "@/components/button";
import { Panel } from "@/components/panel";
import { FormError, TextField } from "@/components/text-field";
import { changePassword } from "@/lib/api/access";
import { toast } from "@/lib/toast";

/** Change of the own password. */
export function PasswordPanel() {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: ({ current, next }: { current: string; next: string }) => changePassword(current, next),
    onSuccess: () => {
      toast("Password changed. Your other sessions have ended.");
      void queries.invalidateQueries({ queryKey: ["account", "sessions"] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const given = new FormData(form);
    change.mutate(
      { current: String(given.get("current")), next: String(given.get("next")) },
      { onSuccess: () => form.reset() },
    );
  };
  return (
    <Panel title="Password">
      <form onSubmit={submit} className="grid gap-3">
        <TextField label="Current password" name="current" type="password" autoComplete="current-password" required />
        <TextField
          label="New password"
          name="next"
          type="password"
          autoComplete="new-password"
          minLength={12}
          note="At least 12 characters. Your other sessions end."
          required
        />
        <FormError error={change.error} />
        <div>
          <Button type="submit" disabled={change.isPending}>
            Change password
          </Button>
        </div>
      </form>
    </Panel>
  );
}
