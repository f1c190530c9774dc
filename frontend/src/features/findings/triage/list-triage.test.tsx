import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";

import type { BulkAction, BulkResult, FindingAction } from "@/lib/api/triage";
import { aFinding, anAccount, aPage, noFacets } from "@/testing/builders";
import { renderApp } from "@/testing/render-app";
import { server } from "@/testing/server";

let listed: URLSearchParams[];
let taken: BulkAction[];
let single: FindingAction[];
const findings = [1, 2, 3, 4].map((id) => aFinding({ id, title: `Finding ${id}` }));

beforeEach(() => {
  [listed, taken, single] = [[], [], []];
  server.use(
    http.get("*/findings", ({ request }) => {
      listed.push(new URL(request.url).searchParams);
      return HttpResponse.json(aPage(findings, { total: 2500 }));
    }),
    http.get("*/findings/facets", () => HttpResponse.json(noFacets())),
    http.post("*/findings/:id/actions", async ({ request }) => {
      single.push((await request.json()) as FindingAction);
      return HttpResponse.json({ ...findings[0], triage_version: 1, assignee: "local" });
    }),
    http.post("*/findings/actions", async ({ request }) => {
      const action = (await request.json()) as BulkAction;
      if (!action.dry_run) taken.push(action);
      return HttpResponse.json(action.filter ? pageOf(action) : chosen(action));
    }),
  );
});

const SEEN = { until: 2500, seen_until: "2026-11-20T12:00:00Z" };
const seen = (dry_run: boolean) => (dry_run ? SEEN : { until: null, seen_until: null });

const chosen = ({ ids, dry_run = false }: BulkAction): BulkResult => ({
  matched: ids?.length ?? 0,
  changed: (ids?.length ?? 0) - 1,
  unchanged: 1,
  next: null,
  ...seen(dry_run),
  dry_run,
});

/** 2,500 findings, 1,000 in a request. */
function pageOf({ after, dry_run = false }: BulkAction): BulkResult {
  const left = 2500 - (after ?? 0);
  const changed = dry_run ? left : Math.min(left, 1000);
  const next = dry_run || left <= 1000 ? null : (after ?? 0) + 1000;
  return { matched: left, changed, unchanged: 0, next, ...seen(dry_run), dry_run };
}

const box = (id: number) => screen.findByRole("checkbox", { name: `Select Finding ${id}` });
const bar = async () => within(await screen.findByRole("region", { name: "Selected findings" }));

async function open() {
  const person = userEvent.setup();
  renderApp("/findings");
  await box(1);
  return person;
}

describe("triage in the list", () => {
  it("lists open findings, unassigned or mine, until all are asked for", async () => {
    const person = await open();
    expect(listed[0]?.getAll("status")).toEqual(["open", "acknowledged", "investigating", "reopened"]);
    expect(listed[0]?.getAll("assignee")).toEqual(["unassigned", "local"]);

    await person.click(screen.getByRole("button", { name: "Remove the filter view" }));
    await waitFor(() => expect(listed.at(-1)?.has("status")).toBe(false));
    expect(listed.at(-1)?.has("assignee")).toBe(false);
    await person.click(screen.getByRole("button", { name: "Show my work" }));
    await waitFor(() => expect(window.location.search).toBe(""));
  });

  it("assigns the row of the keyboard, and changes its status", async () => {
    const person = await open();
    await person.keyboard("ja");
    await waitFor(() => expect(single).toEqual([{ kind: "assign", value: "local" }]));

    await person.keyboard("s");
    const dialog = within(await screen.findByRole("dialog", { name: "Change status" }));
    await person.click(dialog.getByRole("radio", { name: "Acknowledged" }));
    await person.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(single.at(-1)).toEqual({ kind: "status", value: "acknowledged" }));
  });

  it("selects rows and ranges by keys and by pointer, and counts before it changes them", async () => {
    const person = await open();
    await person.keyboard("jxjj{Shift>}X{/Shift}");
    expect(await (await bar()).findByText("3 selected")).toBeInTheDocument();
    await person.click(await box(1));
    await person.keyboard("{Shift>}");
    await person.click(await box(4));
    await person.keyboard("{/Shift}");
    expect(await (await bar()).findByText("4 selected")).toBeInTheDocument();

    await person.keyboard("s");
    const dialog = within(await screen.findByRole("dialog", { name: "Change status" }));
    expect(await dialog.findByText("Changes 3 findings; 1 stay as they are")).toBeInTheDocument();
    expect(taken).toEqual([]);
    await person.type(dialog.getByRole("textbox", { name: "Reason" }), "A test");
    await person.click(dialog.getByRole("button", { name: "Save" }));

    expect(await screen.findByText("Changed 3 findings.")).toBeInTheDocument();
    expect(taken).toEqual([{ kind: "status", value: "resolved", reason: "A test", ids: [2, 3, 1, 4], ...SEEN }]);
    expect(screen.queryByRole("region", { name: "Selected findings" })).toBeNull();
  });

  it("acts on all that match the filter, request by request", async () => {
    const person = await open();
    await person.click(await box(2));
    await person.click((await bar()).getByRole("button", { name: "Select all 2,500 matching findings" }));
    await person.click((await bar()).getByRole("button", { name: "Label…" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Add or remove a label" }));
    await person.type(dialog.getByRole("textbox", { name: "Label" }), "campaign");
    expect(await dialog.findByText("Changes 2,500 findings")).toBeInTheDocument();
    await person.click(dialog.getByRole("button", { name: "Save" }));

    expect(await screen.findByText("Changed 2,500 findings.")).toBeInTheDocument();
    expect(taken.map(({ after }) => after)).toEqual([undefined, 1000, 2000]);
    expect(taken[0]).toMatchObject({ kind: "label", value: "campaign", filter: { assignee: ["unassigned", "local"] } });
  });

  it("offers no selection to a role that may not triage", async () => {
    const scopes = anAccount().scopes.filter((scope) => scope !== "findings:triage");
    server.use(http.get("*/account", () => HttpResponse.json(anAccount({ role: "viewer", scopes }))));
    renderApp("/findings");

    expect(await screen.findByRole("link", { name: "Finding 1" })).toBeInTheDocument();
    expect(screen.queryByRole("checkbox", { name: /Select/ })).toBeNull();
  });
});
