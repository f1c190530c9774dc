import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";

import type { FindingAction, TimelineEntry } from "@/lib/api/triage";
import { aFinding, anAccount, aPage } from "@/testing/builders";
import { FakeEventSource } from "@/testing/fake-event-source";
import { renderApp } from "@/testing/render-app";
import { server } from "@/testing/server";

let taken: { action: FindingAction; version: string | null }[];
const entry = {
  by: "person",
  at: "2026-11-20T12:10:00Z",
  actor: "ada@example.com",
  value: null,
  reason: null,
} as const;
const timeline: TimelineEntry[] = [
  { ...entry, by: "engine", kind: "raised", actor: null, value: "critical" },
  { ...entry, kind: "status", value: "acknowledged" },
  {
    ...entry,
    kind: "note",
    value:
      "See **this** `<b>`, [the ticket](https://tickets.example.com/7), @mona and [a trap](javascript:alert(1)).\n\n- one\n- two",
  },
];
const stored = aFinding({ triage_version: 3, labels: ["storage"] });

beforeEach(() => {
  taken = [];
  server.use(
    http.get("*/findings/1", () => HttpResponse.json(stored)),
    http.get("*/findings/1/actions", () =>
      HttpResponse.json({ finding_id: 1, triage_version: 3, items: timeline, total_actions: 2 }),
    ),
    http.get("*/findings/1/events", () => HttpResponse.json({ items: [], total: 0 })),
    http.post("*/findings/1/actions", async ({ request }) => {
      const action = (await request.json()) as FindingAction;
      taken.push({ action, version: request.headers.get("if-match") });
      const status = action.kind === "status" ? { status: action.value, status_reason: action.reason } : {};
      const assignee = action.kind === "assign" ? (action.value ?? null) : null;
      return HttpResponse.json({ ...stored, triage_version: 4, assignee, ...status });
    }),
    http.get("*/findings/1/conditions", () => HttpResponse.json([])),
    http.get("*/rules/:rule", () => HttpResponse.json({}, { status: 404 })),
    http.get("*/findings", () => HttpResponse.json(aPage([]))),
  );
});

const panel = async () => within(await screen.findByRole("region", { name: "Triage" }));

describe("the triage of a finding", () => {
  it("asks for a reason to close it, and names the version and the detections that were seen", async () => {
    const person = userEvent.setup();
    renderApp("/findings/1");
    await person.click(await (await panel()).findByRole("button", { name: "Change status" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Change status" }));
    expect(dialog.queryByRole("radio", { name: "Reopened" })).toBeNull();
    expect(dialog.getByRole("radio", { name: "Open" })).toHaveFocus();
    await person.click(dialog.getByRole("radio", { name: "Resolved" }));
    expect(dialog.getByRole("button", { name: "Save" })).toBeDisabled();
    await person.type(dialog.getByRole("textbox", { name: "Reason" }), "Private again");
    await person.click(dialog.getByRole("button", { name: "Save" }));

    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(taken).toEqual([
      {
        version: '"3"',
        action: { kind: "status", value: "resolved", reason: "Private again", seen_until: "2026-11-20T12:00:00Z" },
      },
    ]);
    expect((await panel()).getByText("Private again")).toBeInTheDocument();
    expect((await panel()).getByText("Resolved")).toBeInTheDocument();
  });

  it("is assigned by a key, and its status is changed by another", async () => {
    const person = userEvent.setup();
    renderApp("/findings/1");
    await (await panel()).findByRole("button", { name: "Assign to me" });
    await person.keyboard("a");
    await waitFor(() => expect(taken[0]?.action).toEqual({ kind: "assign", value: "local" }));
    expect(await (await panel()).findByText("local")).toBeInTheDocument();

    await person.keyboard("s");
    expect(await screen.findByRole("dialog", { name: "Change status" })).toBeInTheDocument();
  });

  it("removes a label, and adds a note", async () => {
    const person = userEvent.setup();
    renderApp("/findings/1");
    await person.click(await (await panel()).findByRole("button", { name: "Remove the label storage" }));
    await person.type((await panel()).getByRole("textbox", { name: "Note" }), "Asked **Mona**");
    await person.click((await panel()).getByRole("button", { name: "Add note" }));

    await waitFor(() =>
      expect(taken.map(({ action }) => action)).toEqual([
        { kind: "label", value: "-storage" },
        { kind: "note", value: "Asked **Mona**" },
      ]),
    );
    await waitFor(async () => expect((await panel()).getByRole("textbox", { name: "Note" })).toHaveValue(""));
  });

  it("shows the timeline, with notes in a safe subset of Markdown", async () => {
    renderApp("/findings/1");

    const items = within(await screen.findByRole("list", { name: "Timeline" }));
    expect(items.getByText("Status: Acknowledged")).toBeInTheDocument();
    expect(items.getByText("this").tagName).toBe("STRONG");
    expect(items.getByText("<b>").tagName).toBe("CODE");
    expect(items.getByText("@mona")).toBeInTheDocument();
    expect(items.getByText("one").tagName).toBe("LI");
    // an address that is not https is text
    expect(items.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual([
      "https://tickets.example.com/7",
    ]);
    expect(items.getByText(/javascript:alert/)).toBeInTheDocument();
  });

  it("says who was faster and when, and shows what they did", async () => {
    const changed_at = new Date(Date.now() - 7_800_000).toISOString();
    server.use(
      http.post("*/findings/1/actions", () =>
        HttpResponse.json(
          { title: "Precondition Failed", status: 412, detail: "x", changed_by: "ada@example.com", changed_at },
          { status: 412 },
        ),
      ),
    );
    const person = userEvent.setup();
    renderApp("/findings/1");
    const assign = await (await panel()).findByRole("button", { name: "Assign to me" });
    server.use(
      http.get("*/findings/1", () => HttpResponse.json({ ...stored, triage_version: 4, assignee: "ada@example.com" })),
    );
    await person.click(assign);

    expect(await screen.findByRole("alert")).toHaveTextContent("ada@example.com changed this finding 2 h ago.");
    expect((await panel()).getByTitle("Assignee")).toHaveTextContent("ada@example.com");
  });

  it("shows an action of another window", async () => {
    renderApp("/findings/1");
    await (await panel()).findByText("Open");
    await waitFor(() => expect(FakeEventSource.all).not.toHaveLength(0));
    FakeEventSource.last.onopen?.();
    FakeEventSource.last.send("finding", { ...stored, status: "false_positive", triage_version: 4 }, "2");

    expect(await (await panel()).findByText("False positive")).toBeInTheDocument();
  });

  it("offers no action to a role that may not triage", async () => {
    const scopes = anAccount().scopes.filter((scope) => scope !== "findings:triage");
    server.use(http.get("*/account", () => HttpResponse.json(anAccount({ role: "viewer", scopes }))));
    renderApp("/findings/1");

    expect(await (await panel()).findByText("storage")).toBeInTheDocument();
    expect((await panel()).queryByRole("button")).toBeNull();
    expect((await panel()).queryByRole("textbox")).toBeNull();
  });
});
