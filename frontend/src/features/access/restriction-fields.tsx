import { TextField } from "@/components/text-field";
import { names } from "@/components/token-form";
import type { AccountUser } from "@/lib/api/access";

const DAY_MS = 86_400_000;

export type Restriction = Pick<AccountUser, "sources" | "period_from" | "period_to" | "expires_at">;

const NONE: Restriction = { sources: null, period_from: null, period_to: null, expires_at: null };

/** The fields of what an account may see, and until when; days are whole days in UTC. */
export function RestrictionFields({ of = NONE, expires = false }: { of?: Restriction; expires?: boolean }) {
  const shown = written(of);
  return (
    <>
      <TextField
        label="Restricted to sources"
        name="sources"
        defaultValue={shown.sources}
        note="Comma separated. Empty: all."
      />
      <TextField
        label="Access ends on"
        name="expires_at"
        type="date"
        defaultValue={shown.expires_at}
        required={expires}
      />
      <TextField label="Sees nothing before" name="period_from" type="date" defaultValue={shown.period_from} />
      <TextField label="Sees nothing after" name="period_to" type="date" defaultValue={shown.period_to} />
    </>
  );
}

/** The restriction that a form was given. */
export function restrictionOf(form: FormData): Restriction {
  const sources = names(form.get("sources"));
  const day = (name: keyof Restriction) => String(form.get(name) ?? "");
  const [from, to, end] = [day("period_from"), day("period_to"), day("expires_at")];
  return {
    sources: sources.length > 0 ? sources : null,
    period_from: from ? `${from}T00:00:00Z` : null,
    // the period ends before this instant
    period_to: to ? new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS).toISOString() : null,
    expires_at: end ? `${end}T23:59:59Z` : null,
  };
}

/** What a form changes of a restriction: instants that are no whole days stay as they are unless their day changes. */
export function changed(before: Restriction, form: FormData): Partial<Restriction> {
  const after = restrictionOf(form);
  const [shown, given] = [written(before), written(after)];
  return Object.fromEntries(
    Object.entries(after).filter(([name]) => shown[name as keyof Restriction] !== given[name as keyof Restriction]),
  );
}

function written({ sources, period_from, period_to, expires_at }: Restriction): Record<keyof Restriction, string> {
  return {
    sources: (sources ?? []).join(", "),
    period_from: period_from?.slice(0, 10) ?? "",
    period_to: period_to ? new Date(Date.parse(period_to) - 1).toISOString().slice(0, 10) : "",
    expires_at: expires_at?.slice(0, 10) ?? "",
  };
}
