import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import fc from "fast-check";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";

import type { View, ViewRequest } from "@/lib/api/views";
import { SEVERITIES } from "@/lib/severity";
import { STATUSES } from "@/lib/status";
import { instant } from "@/lib/time/period";
import { address } from "@/testing/api";
import { aFinding, aPage, aProblem, noFacets } from "@/testing/builders";
import { renderApp } from "@/testing/render-app";
import { server } from "@/testing/server";

import { COLUMNS } from "../list/columns";
import { changed, type Filters, isFiltered, NO_FILTERS } from "../list/filters";
import { ORDERS } from "../live/ordering";
import { contentOf, isBare, isUnchanged, type ListState, stateOf } from "./view-state";

const ID = "6f4d0a5e-0000-4000-8000-000000000001";

function aView(overrides: Partial<View> = {}): View {
  const content = { filter: { view: "all", severity: ["critical"] }, columns: null, sort: "risk_score", order: "desc" };
  const times = { created_at: "2026-11-25T12:00:00Z", changed_at: "2026-11-25T12:00:00Z" };
  return { id: ID, name: "Urgent", owner: "local", mine: true, ...content, ...times, ...overrides } as View;
}

const asStored = (request: ViewRequest, of: Partial<View> = {}) => aView({ ...(request as Partial<View>), ...of });

const some = <T,>(...values: T[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 3 });
const maybe = <T,>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const time = fc.date({ min: new Date(0), max: new Date("2100-01-01"), noInvalidDate: true }).map(instant);
const period = fc.oneof(
  fc.record({ last: fc.constantFrom("1h" as const, "30d" as const), from: fc.constant(null), to: fc.constant(null) }),
  fc.record({ last: fc.constant(null), from: maybe(time), to: maybe(time) }),
);
const conditions = fc.record({
  view: maybe(fc.constantFrom("work" as const, "all" as const)),
  status: some(...STATUSES),
  assignee: some("mona@example.com", "unassigned"),
  label: some("phishing"),
  severity: some(...SEVERITIES),
  rule: some("a", "b"),
  source: some("okta"),
  state: fc.constantFrom<Filters["state"]>([], ["withdrawn"], ["standing", "withdrawn"]),
  suppressed: fc.constantFrom<Filters["suppressed"]>([], ["true"], ["false", "true"]),
  user: maybe(fc.constant("mona@example.com")),
  enriched: maybe(fc.constantFrom("true" as const, "false" as const)),
  risk_min: maybe(fc.integer({ min: 0, max: 100 })),
  q: fc.constantFrom("", "bucket"),
});
const anyState: fc.Arbitrary<ListState> = fc.record({
  filters: fc.tuple(conditions, period).map(([given, when]) => changed({ ...NO_FILTERS, ...given, ...when }, {})),
  order: fc.record({ sort: fc.constantFrom(...ORDERS), order: fc.constantFrom("asc" as const, "desc" as const) }),
  columns: maybe(fc.uniqueArray(fc.constantFrom(...COLUMNS), { minLength: 1, maxLength: 5 })),
});

describe("what a view saves", () => {
  it("shows the same list when it is opened", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const view = asStored({ name: "Any", ...contentOf(state) });

        expect(stateOf(view)).toEqual(state);
        expect(isUnchanged(view, state)).toBe(true);
        expect(isBare(state)).toBe(
          !isFiltered(state.filters) && isBare({ ...state, filters: NO_FILTERS }) && state.filters.view === null,
        );
      }),
    );
  });

  it("reads what only the API writes: days, and lists without a value", () => {
    const filter = { view: "all", state: [], suppressed: [], from_date: "2026-11-20", to_date: "2026-11-20" };
    const shown = stateOf(aView({ filter: filter as unknown as View["filter"] }))?.filters;

    expect(shown).toMatchObject({
      state: ["standing", "withdrawn"],
      suppressed: ["false", "true"],
      from: "2026-11-20T00:00:00Z",
      to: "2026-11-21T00:00:00Z",
    });
    expect(stateOf(aView({ filter: null }))).toBeNull();
  });
});

describe("the menu of views", () => {
  let views: View[];
  let requests: URL[];

  beforeEach(() => {
    views = [];
    requests = [];
    server.use(
      http.get("*/findings", ({ request }) => {
        requests.push(new URL(request.url));
        return HttpResponse.json(aPage([aFinding()]));
      }),
      http.get("*/findings/facets", () => HttpResponse.json(noFacets())),
      http.get("*/views", () => HttpResponse.json(views.filter(({ mine }) => mine))),
      http.get("*/views/:id", ({ params }) => {
        const view = views.find(({ id }) => id === params.id);
        return view ? HttpResponse.json(view) : HttpResponse.json(aProblem(404, "There is no view."), { status: 404 });
      }),
      http.post("*/views", async ({ request }) => {
        const asked = (await request.json()) as ViewRequest;
        if (asked.name === "Taken") return HttpResponse.json(aProblem(409, "'Taken' already"), { status: 409 });
        views = [...views, asStored(asked)];
        return HttpResponse.json(views.at(-1), { status: 201 });
      }),
      http.put("*/views/:id", async ({ request }) => {
        views = [asStored((await request.json()) as ViewRequest)];
        return HttpResponse.json(views[0]);
      }),
      http.delete("*/views/:id", () => {
        views = [];
        return new HttpResponse(null, { status: 204 });
      }),
    );
  });

  const choose = async (item: string, menu: RegExp | string = /Views|Urgent|Bucket/) => {
    await userEvent.click(await screen.findByRole("button", { name: menu }));
    await userEvent.click(
      await screen.findByRole(/…|changes/.test(item) ? "menuitem" : "menuitemradio", { name: item }),
    );
  };

  it("saves the list under a name, changes, renames and deletes the view", async () => {
    renderApp("/findings?severity=high&last=7d&columns=severity,rule,user");
    expect(await screen.findByRole("columnheader", { name: "User" })).toBeInTheDocument();
    await choose("Save as a new view…");
    const dialog = within(await screen.findByRole("dialog", { name: "Save view" }));
    await userEvent.type(dialog.getByRole("textbox", { name: "Name" }), "Taken");
    await userEvent.click(dialog.getByRole("button", { name: "Save" }));
    expect(await dialog.findByText("'Taken' already")).toBeInTheDocument();
    await userEvent.clear(dialog.getByRole("textbox", { name: "Name" }));
    await userEvent.type(dialog.getByRole("textbox", { name: "Name" }), "Bucket{Enter}");

    await waitFor(() => expect(address()).toContain(`saved=${ID}`));
    expect(views[0]).toMatchObject({ name: "Bucket", columns: ["severity", "rule", "user"] });
    expect(views[0]?.filter).toMatchObject({ severity: ["high"], last: "7d", view: "all" });
    expect(await screen.findByRole("button", { name: "Bucket" })).toBeInTheDocument();

    await userEvent.click(screen.getByRole("button", { name: /^Columns/ }));
    await userEvent.click(await screen.findByRole("menuitemcheckbox", { name: "User" }));
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("columnheader", { name: "User" })).toBeNull();
    await choose("Save changes", /Bucket\s*\(changed\)/);
    await waitFor(() => expect(views[0]?.columns).toEqual(["severity", "rule"]));

    await choose("Rename…");
    const name = await screen.findByRole("textbox", { name: "Name" });
    await userEvent.clear(name);
    await userEvent.type(name, "Urgent{Enter}");
    await waitFor(() => expect(views[0]).toMatchObject({ name: "Urgent", columns: ["severity", "rule"] }));

    await choose("Delete…", "Urgent");
    await userEvent.click(await screen.findByRole("button", { name: "Delete view" }));
    await waitFor(() => expect(address()).not.toContain("saved="));
    expect(views).toEqual([]);
  });

  it("opens a shared link, and returns to the default view", async () => {
    views = [aView({ mine: false, owner: "mona@example.com" })];
    renderApp(`/findings?saved=${ID}`);

    await waitFor(() => expect(requests.at(-1)?.searchParams.getAll("severity")).toEqual(["critical"]));
    expect(requests.at(-1)?.searchParams.get("sort")).toBe("risk_score");
    await userEvent.click(await screen.findByRole("button", { name: "Urgent" }));
    expect(await screen.findByText(/Shared by/)).toHaveTextContent("mona@example.com");
    expect(screen.queryByRole("menuitem", { name: "Delete…" })).toBeNull();

    await userEvent.click(screen.getByRole("menuitemradio", { name: "Default view" }));
    await waitFor(() => expect(address()).toBe("/findings"));
  });

  it("says when the view of a link is gone", async () => {
    renderApp(`/findings?saved=${ID}`);

    expect(await screen.findByText("There is no view.")).toBeInTheDocument();
    await waitFor(() => expect(address()).toBe("/findings"));
  });
});
