import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";

import type { Exception, ExceptionRequest } from "@/lib/api/exceptions";
import { anException } from "@/testing/an-exception";
import { aFinding, anAccount, aPage, aProblem, noFacets } from "@/testing/builders";
import { renderApp } from "@/testing/render-app";
import { server } from "@/testing/server";

let stored: Exception[];
let requested: ExceptionRequest[];
let previewed: unknown[];

beforeEach(() => {
  stored = [];
  requested = [];
  previewed = [];
  server.use(
    http.get("*/exceptions", () => HttpResponse.json({ items: stored, next: null })),
    http.post("*/exceptions/preview", async ({ request }) => {
      previewed.push(await request.json());
      const confirmed = {
        id: 7,
        title: "Public bucket",
        severity: "high",
        user: "mona@example.com",
        status: "resolved",
      };
      const users = [{ value: "mona@example.com", count: 4 }];
      const counts = { findings: 4, users, total_users: 1, confirmed: 1, hides_now: 2, complete: true };
      return HttpResponse.json({ ...counts, confirmed_findings: [confirmed] });
    }),
    http.post("*/exceptions", async ({ request }) => {
      requested.push((await request.json()) as ExceptionRequest);
      return HttpResponse.json(anException(), { status: 201 });
    }),
    http.get("*/findings", () => HttpResponse.json(aPage([aFinding({ suppressed_by: 12 })]))),
    http.get("*/findings/facets", () => HttpResponse.json(noFacets())),
    http.get("*/findings/1", () => HttpResponse.json(aFinding())),
    http.get("*/findings/1/actions", () =>
      HttpResponse.json({ finding_id: 1, triage_version: 0, items: [], total_actions: 0 }),
    ),
    http.get("*/findings/1/events", () => HttpResponse.json({ items: [], total: 0 })),
    http.get("*/findings/1/conditions", () => HttpResponse.json([])),
    http.get("*/rules/:rule", () => HttpResponse.json({}, { status: 404 })),
  );
});

const item = (name: string) => screen.findByRole("listitem", { name });

describe("the page of exceptions", () => {
  it("shows what each hides, its reminder, its history, and what is wrong with it", async () => {
    const problem = "user: Input should be a valid list";
    stored = [
      anException({ reminder: 7, ticket: "https://tickets.example.com/SEC-1" }),
      anException({
        id: 11,
        name: "EX-11",
        ticket: "javascript:alert(1)",
        state: "invalid",
        matcher: null,
        problem,
        hides: 0,
      }),
      anException({
        id: 10,
        name: "EX-10",
        state: "revoked",
        history: [{ kind: "revoke", at: "2026-11-21T09:00:00Z", actor: "bob@example.com", reason: "no longer needed" }],
      }),
    ];
    renderApp("/exceptions");

    const active = within(await item("EX-12"));
    expect(active.getByText("Active")).toBeInTheDocument();
    expect(active.getByRole("link", { name: "hides 3 findings" })).toBeInTheDocument();
    expect(active.getByText("Expires within 7 days")).toBeInTheDocument();
    const ticket = active.getByRole("link", { name: "https://tickets.example.com/SEC-1" });
    expect(ticket).toHaveAttribute("href", "https://tickets.example.com/SEC-1");
    expect(within(await item("EX-11")).queryByRole("link", { name: /javascript/ })).toBeNull();
    expect(active.getByRole("list", { name: "History of EX-12" })).toHaveTextContent("Approved by bob@example.com");
    expect(await item("EX-11")).toHaveTextContent(`hides nothing: ${problem}`);
    expect(within(await item("EX-10")).queryByRole("button", { name: "Revoke" })).toBeNull();
    expect(await item("EX-10")).toHaveTextContent("Revoked 21 Nov, 09:00");
    expect(await item("EX-10")).not.toHaveTextContent("Until");
    expect(screen.getByText("1 active")).toBeInTheDocument();
  });

  it("approves and revokes, and says why it may not", async () => {
    const person = userEvent.setup();
    stored = [anException({ state: "requested" })];
    const detail = "You requested EX-12; another person must approve it.";
    server.use(http.post("*/exceptions/12/actions", () => HttpResponse.json(aProblem(403, detail), { status: 403 })));
    renderApp("/exceptions");

    await person.click(within(await item("EX-12")).getByRole("button", { name: "Approve" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Approve EX-12" }));
    await person.click(dialog.getByRole("button", { name: "Approve" }));

    expect(await dialog.findByText(detail)).toBeInTheDocument();
  });

  it("offers no actions without the scope", async () => {
    const scopes = anAccount().scopes.filter((scope) => scope !== "exceptions:write");
    server.use(http.get("*/account", () => HttpResponse.json(anAccount({ scopes }))));
    stored = [anException()];
    renderApp("/exceptions");

    expect(within(await item("EX-12")).queryByRole("button", { name: "Revoke" })).toBeNull();
    expect(screen.queryByRole("button", { name: "New exception" })).toBeNull();
  });
});

describe("an exception made from a finding", () => {
  it("covers its user and rule since its first detection, and previews what it hides", async () => {
    const person = userEvent.setup();
    renderApp("/findings/1");
    await person.click(await screen.findByRole("button", { name: "Exclude user from rule…" }));
    const dialog = within(await screen.findByRole("dialog", { name: "New exception" }));
    expect(dialog.getByRole("textbox", { name: "Reason" })).toHaveFocus();
    expect(await dialog.findByText("Hides 2 findings now")).toBeInTheDocument();
    expect(dialog.getByRole("list", { name: "Confirmed findings" })).toHaveTextContent("Public bucket");

    await person.keyboard("Too short");
    expect(dialog.getByRole("button", { name: "Save" })).toBeDisabled();
    await person.keyboard(", so it is longer now");
    await person.click(dialog.getByRole("button", { name: "Save" }));

    await waitFor(() => expect(requested).toHaveLength(1));
    expect(requested[0]).toMatchObject({
      matcher: { rule: ["bucket_made_public"], user: ["mona@example.com"] },
      owner: "local",
      reason: "Too short, so it is longer now",
      ticket: null,
    });
    expect(previewed[0]).toEqual({
      matcher: requested[0]?.matcher,
      starts_at: requested[0]?.starts_at,
      expires_at: requested[0]?.expires_at,
    });
  });

  it("greys what it suppresses and names the exception", async () => {
    renderApp("/findings?view=all&suppressed=true");

    expect(await screen.findByRole("row", { name: /Suppressed by EX-12/ })).toHaveClass("text-ink-3");
  });
});
