import type { Exception } from "@/lib/api/exceptions";

const AT = "2026-11-25T12:00:00Z";

/** Builds an exception. */
export function anException(overrides: Partial<Exception> = {}): Exception {
  return {
    id: 12,
    name: "EX-12",
    matcher: {
      rule: ["bucket_made_public"],
      user: ["mona@example.com"],
      source: null,
      tag: null,
      group: null,
      text: null,
      sigma: null,
    },
    state: "active",
    problem: null,
    owner: "mona@example.com",
    reason: "The bucket serves the public website.",
    ticket: null,
    starts_at: "2026-11-20T00:00:00Z",
    expires_at: "2026-12-20T00:00:00Z",
    requester: "ada@example.com",
    created_at: AT,
    hides: 3,
    reminder: null,
    history: [
      { kind: "request", at: AT, actor: "ada@example.com", reason: "The bucket serves the public website." },
      { kind: "approve", at: AT, actor: "bob@example.com", reason: null },
    ],
    ...overrides,
  };
}
