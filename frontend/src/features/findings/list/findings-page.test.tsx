import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";

import { aFinding, aPage, aProblem, noFacets, UNENRICHED } from "@/testing/builders";
import { FakeEventSource } from "@/testing/fake-event-source";
import { server } from "@/testing/server";
import { renderApp } from "@/testing/render-app";

const requests: URL[] = [];

function respondWith(...findings: ReturnType<typeof aFinding>[]) {
  server.use(
    http.get("*/findings", ({ request }) => {
      requests.push(new URL(request.url));
      return HttpResponse.json(aPage(findings));
    }),
  );
}

beforeEach(() => {
  requests.length = 0;
  server.use(
    http.get("*/findings/facets", () =>
      HttpResponse.json(
        noFacets({
          severity: [
            { value: "critical", count: 7 },
            { value: "low", count: 2 },
          ],
        }),
      ),
    ),
  );
});

const row = (text: string) => screen.findByRole("row", { name: new RegExp(text) });

describe("the list of findings", () => {
  it("shows placeholders while it loads", async () => {
    server.use(http.get("*/findings", () => new Promise<never>(() => undefined)));
    renderApp("/findings");

    expect(await screen.findByRole("status", { name: "Loading findings" })).toBeInTheDocument();
    expect(screen.getByRole("table", { name: "Findings" })).toHaveAttribute("aria-busy", "true");
  });

  it("shows the findings and their order", async () => {
    respondWith(
      aFinding({ id: 1 }),
      aFinding({ id: 2, title: "Password spraying", severity: "high", user: null, risk_score: 64, status: "reopened" }),
    );
    renderApp("/findings");

    expect(within(await row("Public storage bucket")).getByText("critical")).toBeInTheDocument();
    expect(within(await row("Password spraying")).getByText("64")).toBeInTheDocument();
    // the usual status is said to screen readers alone
    expect(within(await row("Public storage bucket")).getByText("Open")).toHaveClass("sr-only");
    expect(within(await row("Password spraying")).getByText("Reopened")).not.toHaveClass("sr-only");
    expect(screen.getByText("2 findings")).toBeInTheDocument();
    expect(screen.getByRole("columnheader", { name: "First seen" })).toHaveAttribute("aria-sort", "descending");
    expect(document.title).toBe("Findings · Mini Compliance Monitor");
  });

  it("explains how to get findings when there are none, and how to widen a filter without results", async () => {
    respondWith();
    const { unmount } = renderApp("/findings");
    expect(await screen.findByText("No findings yet")).toBeInTheDocument();
    expect(screen.getByTestId("command")).toBeInTheDocument();
    unmount();

    renderApp("/findings?severity=low");
    expect(await screen.findByText("No matching findings")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Clear all filters" }));
    await waitFor(() => expect(requests.at(-1)?.searchParams.has("severity")).toBe(false));
  });

  it("explains a failure with its request id, and retries", async () => {
    server.use(
      http.get("*/findings", () => HttpResponse.json(aProblem(503, "The database is unreachable."), { status: 503 })),
    );
    renderApp("/findings");

    const alert = await screen.findByRole("alert");
    expect(alert).toHaveTextContent("The database is unreachable.");
    expect(alert).toHaveTextContent("5bbf062afc43470c9a911324b09c19fe");

    respondWith(aFinding());
    await userEvent.click(within(alert).getByRole("button", { name: "Try again" }));
    expect(await row("Public storage bucket")).toBeInTheDocument();
  });

  it("applies the filters and the order in the URL", async () => {
    respondWith(aFinding());
    renderApp("/findings?severity=critical,high&user=mona%40example.com&q=bucket&sort=risk_score&enriched=false");
    await row("Public storage bucket");

    expect([...(requests[0]?.searchParams ?? [])]).toEqual(
      expect.arrayContaining([
        ["severity", "critical"],
        ["severity", "high"],
        ["user", "mona@example.com"],
        ["q", "bucket"],
        ["enriched", "false"],
        ["sort", "risk_score"],
        ["order", "desc"],
      ]),
    );
  });

  it("filters by a facet, and removes the filter", async () => {
    respondWith(aFinding());
    renderApp("/findings");
    await row("Public storage bucket");
    await userEvent.click(screen.getByRole("button", { name: "Filters" }));
    await userEvent.click(await screen.findByRole("checkbox", { name: /critical/ }));

    await waitFor(() => expect(requests.at(-1)?.searchParams.getAll("severity")).toEqual(["critical"]));
    await userEvent.click(screen.getByRole("button", { name: "Remove the filter severity critical" }));
    await waitFor(() => expect(window.location.search).toBe(""));
    const left = within(screen.getByRole("list", { name: "Active filters" })).getAllByRole("listitem");
    expect(left.map((chip) => chip.textContent)).toEqual(["open, unassigned or mine"]);
  });

  it("shows event data as text, never as markup", async () => {
    const planted = '<img src=x onerror="window.harmed = true">';
    respondWith(aFinding({ title: planted, description: planted, user: planted, source: planted, rule_name: planted }));
    const { container } = renderApp("/findings");

    expect(await row("Public storage bucket|onerror")).toHaveTextContent(planted);
    expect(container.querySelector("img")).toBeNull();
  });
});

describe("a row's enrichment", () => {
  it("runs, fails, is retried, and shows its score", async () => {
    respondWith(aFinding({ ...UNENRICHED }));
    let tries = 0;
    server.use(
      http.post("*/findings/1/enrich_with_ai", () => {
        tries += 1;
        if (tries === 1) return HttpResponse.json(aProblem(503, "The model is unreachable."), { status: 503 });
        return HttpResponse.json(
          aFinding({ risk_score: 71, ai_source: "openai", ai_enriched_at: "2026-11-21T00:00:00Z" }),
        );
      }),
    );
    renderApp("/findings");
    const first = await row("Public storage bucket");
    await userEvent.click(within(first).getByRole("button", { name: "Enrich with AI" }));

    await userEvent.click(await within(first).findByRole("button", { name: "Retry" }));
    expect(await within(first).findByText("71")).toBeInTheDocument();
    expect(within(first).getByText("by a model")).toBeInTheDocument();
  });
});

describe("the live list", () => {
  async function connected() {
    respondWith(aFinding({ id: 1, title: "The first" }));
    renderApp("/findings");
    await row("The first");
    FakeEventSource.last.onopen?.();
  }
  const send = (finding: ReturnType<typeof aFinding>) => FakeEventSource.last.send("finding", finding, "2");
  const newer = aFinding({ id: 2, title: "The second", first_seen: "2026-11-21T12:00:00Z" });

  it("adds new findings automatically while the list is not read", async () => {
    await connected();
    send(newer);

    expect(await row("The second")).toBeInTheDocument();
    const titles = screen
      .getAllByRole("row")
      .slice(1)
      .map((each) => within(each).getAllByRole("link")[0]?.textContent);
    expect(titles).toEqual(["The second", "The first"]);
    expect(screen.getByText("2 findings")).toBeInTheDocument();
    expect(requests).toHaveLength(1);
  });

  it("holds new findings back while it is paused, and counts them", async () => {
    await connected();
    await userEvent.click(await screen.findByRole("button", { name: "Pause" }));
    send(newer);
    const pill = await screen.findByRole("button", { name: "1 new" });
    expect(screen.queryByRole("row", { name: /The second/ })).toBeNull();

    await userEvent.click(pill);
    expect(await row("The second")).toBeInTheDocument();
  });

  it("does not add findings that the filter excludes", async () => {
    respondWith(aFinding({ id: 1, title: "The first" }));
    renderApp("/findings?severity=critical");
    await row("The first");
    send({ ...newer, severity: "low" });
    send({ ...newer, id: 3, uid: aFinding({ id: 3 }).uid, title: "The third" });

    expect(await row("The third")).toBeInTheDocument();
    expect(screen.queryByRole("row", { name: /The second/ })).toBeNull();
  });

  it("updates changed findings in place", async () => {
    await connected();
    send(aFinding({ id: 1, title: "The first", version: 2, severity: "low" }));

    const changed = await row("low");
    expect(changed).toHaveAttribute("data-changed", "true");
  });
});

describe("the keyboard", () => {
  it("moves through the list, opens a finding, and returns to its row", async () => {
    respondWith(aFinding({ id: 1, title: "The first" }), aFinding({ id: 2, title: "The second" }));
    server.use(
      http.get("*/findings/2", () => HttpResponse.json(aFinding({ id: 2, title: "The second" }))),
      http.get("*/findings/2/events", () => HttpResponse.json({ items: [], total: 0 })),
      http.get("*/rules/bucket_made_public", () => HttpResponse.json(aProblem(404, "no rule"), { status: 404 })),
    );
    renderApp("/findings");
    await row("The first");
    await userEvent.keyboard("jj");
    await waitFor(() => expect(screen.getByRole("link", { name: "The second" })).toHaveFocus());
    await userEvent.keyboard("{Enter}");
    const drawer = await screen.findByRole("dialog", { name: "Finding 2" });
    expect(within(drawer).getByRole("article", { name: "The second" })).toBeInTheDocument();

    await userEvent.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    await waitFor(() => expect(screen.getByRole("link", { name: "The second" })).toHaveFocus());
  });

  it("focuses the search with /, where single keys only type", async () => {
    respondWith(aFinding());
    renderApp("/findings");
    await row("Public storage bucket");
    await userEvent.keyboard("/");
    const search = screen.getByRole("searchbox", { name: "Search findings" });
    expect(search).toHaveFocus();

    await userEvent.keyboard("jek");
    expect(search).toHaveValue("jek");
    await waitFor(() => expect(requests.at(-1)?.searchParams.get("q")).toBe("jek"));
  });
});
