import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";

import { aFinding, aPage, aProblem, noFacets, UNENRICHED } from "@/testing/builders";
import { FakeEventSource } from "@/testing/fake-event-source";
import { server } from "@/testing/server";
import { show } from "@/testing/show";

const asked: URL[] = [];

function answerWith(...findings: ReturnType<typeof aFinding>[]) {
  server.use(
    http.get("*/findings", ({ request }) => {
      asked.push(new URL(request.url));
      return HttpResponse.json(aPage(findings));
    }),
  );
}

beforeEach(() => {
  asked.length = 0;
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
  it("keeps its place while it loads, and says so", async () => {
    server.use(http.get("*/findings", () => new Promise<never>(() => undefined)));
    show("/findings");

    expect(await screen.findByRole("status", { name: "Loading findings" })).toBeInTheDocument();
    expect(screen.getByRole("table", { name: "Findings" })).toHaveAttribute("aria-busy", "true");
  });

  it("shows what there is, and how to order it", async () => {
    answerWith(
      aFinding({ id: 1 }),
      aFinding({ id: 2, title: "Password spraying", severity: "high", user: null, risk_score: 64 }),
    );
    show("/findings");

    expect(within(await row("Public storage bucket")).getByText("critical")).toBeInTheDocument();
    expect(within(await row("Password spraying")).getByText("64")).toBeInTheDocument();
    expect(screen.getByText("2 findings")).toBeInTheDocument();
    expect(screen.getByRole("columnheader", { name: "First seen" })).toHaveAttribute("aria-sort", "descending");
    expect(document.title).toBe("Findings · Mini Compliance Monitor");
  });

  it("says how to get findings when there are none, and how to widen a filter that finds none", async () => {
    answerWith();
    const { unmount } = show("/findings");
    expect(await screen.findByText("No findings yet")).toBeInTheDocument();
    expect(screen.getByText("mcm-ingestor generate")).toBeInTheDocument();
    unmount();

    show("/findings?severity=low");
    expect(await screen.findByText("No finding matches")).toBeInTheDocument();
    await userEvent.click(screen.getByRole("button", { name: "Clear all filters" }));
    await waitFor(() => expect(asked.at(-1)?.searchParams.has("severity")).toBe(false));
  });

  it("says what went wrong with the request id, and asks again", async () => {
    server.use(
      http.get("*/findings", () => HttpResponse.json(aProblem(503, "The database does not answer."), { status: 503 })),
    );
    show("/findings");

    const alert = await screen.findByRole("alert");
    expect(alert).toHaveTextContent("The database does not answer.");
    expect(alert).toHaveTextContent("5bbf062afc43470c9a911324b09c19fe");

    answerWith(aFinding());
    await userEvent.click(within(alert).getByRole("button", { name: "Try again" }));
    expect(await row("Public storage bucket")).toBeInTheDocument();
  });

  it("asks for what the address says", async () => {
    answerWith(aFinding());
    show("/findings?severity=critical,high&user=mona%40example.com&q=bucket&sort=risk_score&enriched=false");
    await row("Public storage bucket");

    expect([...(asked[0]?.searchParams ?? [])]).toEqual(
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

  it("filters by a facet, and shows the filter with a cross that takes it away", async () => {
    answerWith(aFinding());
    show("/findings");
    await row("Public storage bucket");
    await userEvent.click(screen.getByRole("button", { name: "Filters" }));
    await userEvent.click(await screen.findByRole("checkbox", { name: /critical/ }));

    await waitFor(() => expect(asked.at(-1)?.searchParams.getAll("severity")).toEqual(["critical"]));
    await userEvent.click(screen.getByRole("button", { name: "Without the filter severity critical" }));
    await waitFor(() => expect(window.location.search).toBe(""));
    expect(screen.queryByRole("list", { name: "Filters that are set" })).toBeNull();
  });

  it("shows what events say as text, never as markup", async () => {
    const planted = '<img src=x onerror="window.harmed = true">';
    answerWith(aFinding({ title: planted, description: planted, user: planted, source: planted, rule_name: planted }));
    const { container } = show("/findings");

    expect(await row("Public storage bucket|onerror")).toHaveTextContent(planted);
    expect(container.querySelector("img")).toBeNull();
  });
});

describe("a row's enrichment", () => {
  it("runs, fails, is tried again, and shows its score", async () => {
    answerWith(aFinding({ ...UNENRICHED }));
    let tries = 0;
    server.use(
      http.post("*/findings/1/enrich_with_ai", () => {
        tries += 1;
        if (tries === 1) return HttpResponse.json(aProblem(503, "The model is away."), { status: 503 });
        return HttpResponse.json(
          aFinding({ risk_score: 71, ai_source: "openai", ai_enriched_at: "2026-11-21T00:00:00Z" }),
        );
      }),
    );
    show("/findings");
    const first = await row("Public storage bucket");
    await userEvent.click(within(first).getByRole("button", { name: "Enrich with AI" }));

    await userEvent.click(await within(first).findByRole("button", { name: "Retry" }));
    expect(await within(first).findByText("71")).toBeInTheDocument();
    expect(within(first).getByText("by a model")).toBeInTheDocument();
  });
});

describe("the live list", () => {
  async function listening() {
    answerWith(aFinding({ id: 1, title: "The first" }));
    show("/findings");
    await row("The first");
    FakeEventSource.last.onopen?.();
  }
  const tell = (finding: ReturnType<typeof aFinding>) => FakeEventSource.last.send("finding", finding, "2");
  const newer = aFinding({ id: 2, title: "The second", first_seen: "2026-11-21T12:00:00Z" });

  it("lets new findings in by itself while nobody reads", async () => {
    await listening();
    tell(newer);

    expect(await row("The second")).toBeInTheDocument();
    const titles = screen
      .getAllByRole("row")
      .slice(1)
      .map((each) => within(each).getAllByRole("link")[0]?.textContent);
    expect(titles).toEqual(["The second", "The first"]);
    expect(screen.getByText("2 findings")).toBeInTheDocument();
    expect(asked).toHaveLength(1);
  });

  it("keeps new findings outside while it is paused, and says how many", async () => {
    await listening();
    await userEvent.click(await screen.findByRole("button", { name: "Pause" }));
    tell(newer);
    const pill = await screen.findByRole("button", { name: "1 new" });
    expect(screen.queryByRole("row", { name: /The second/ })).toBeNull();

    await userEvent.click(pill);
    expect(await row("The second")).toBeInTheDocument();
  });

  it("lets nothing in that the filter leaves out", async () => {
    answerWith(aFinding({ id: 1, title: "The first" }));
    show("/findings?severity=critical");
    await row("The first");
    tell({ ...newer, severity: "low" });
    tell({ ...newer, id: 3, uid: aFinding({ id: 3 }).uid, title: "The third" });

    expect(await row("The third")).toBeInTheDocument();
    expect(screen.queryByRole("row", { name: /The second/ })).toBeNull();
  });

  it("shows in place what changed", async () => {
    await listening();
    tell(aFinding({ id: 1, title: "The first", version: 2, detection_count: 41 }));

    const changed = await row("41");
    expect(changed).toHaveAttribute("data-changed", "true");
  });
});

describe("the keyboard", () => {
  it("walks the list, opens a finding, and comes back to its row", async () => {
    answerWith(aFinding({ id: 1, title: "The first" }), aFinding({ id: 2, title: "The second" }));
    server.use(
      http.get("*/findings/2", () => HttpResponse.json(aFinding({ id: 2, title: "The second" }))),
      http.get("*/findings/2/events", () => HttpResponse.json({ items: [], total: 0 })),
      http.get("*/rules/bucket_made_public", () => HttpResponse.json(aProblem(404, "no rule"), { status: 404 })),
    );
    show("/findings");
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

  it("goes to the search with / and types there without doing anything else", async () => {
    answerWith(aFinding());
    show("/findings");
    await row("Public storage bucket");
    await userEvent.keyboard("/");
    const search = screen.getByRole("searchbox", { name: "Search findings" });
    expect(search).toHaveFocus();

    await userEvent.keyboard("jek");
    expect(search).toHaveValue("jek");
    await waitFor(() => expect(asked.at(-1)?.searchParams.get("q")).toBe("jek"));
  });
});
