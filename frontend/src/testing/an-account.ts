import type { Account } from "@/lib/api/access";

/** Builds the account of this machine's operator, who may do everything. */
export function anAccount(overrides: Partial<Account> = {}): Account {
  return {
    auth: "off",
    name: "local",
    user_id: null,
    via: "none",
    role: "admin",
    scopes: [
      "account",
      "access:manage",
      "activity:read",
      "audit:export",
      "audit:read",
      "dead_letters:read",
      "dead_letters:write",
      "events:read",
      "exceptions:write",
      "findings:enrich",
      "findings:export",
      "findings:feedback",
      "findings:read",
      "findings:triage",
      "notifications:read",
      "notifications:write",
      "pipeline:read",
      "raw_data:read",
      "rules:read",
      "sources:read",
      "stats:read",
    ],
    sources: null,
    period_from: null,
    period_to: null,
    has_password: false,
    ...overrides,
  };
}
