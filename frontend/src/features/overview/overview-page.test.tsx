import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";

import { aFinding, anOverview, aPage, aProblem, aSummary, aTimeline, noFacets } from "@/testing/builders";
import { FakeEventSource } from "@/testing/fake-event-source";
import { server } from "@/testing/server";
import { renderApp } from "@/testing/render-app";

beforeEach(() => {
  server.use(
    http.get("*/stats/summary", () => HttpResponse.json(aSummary())),
    http.get("*/stats/timeline", () => HttpResponse.json(aTimeline())),
    http.get("*/findings/facets", () =>
      HttpResponse.json(
        noFacets({
          severity: [
            { value: "critical", count: 1 },
            { value: "high", count: 17 },
            { value: "low", count: 16 },
          ],
          enriched: [{ value: "false", count: 5 }],
        }),
      ),
    ),
    http.get("*/stats/overview", () =>
      HttpResponse.json(
        anOverview({
          top_rules: [
            {
              rule_name: "login_failures",
              title: "Repeated failed logins",
              severity: "critical",
              findings: 4,
              risk_score: 88,
            },
          ],
          top_users: [{ user: "mona@example.com", severity: "high", findings: 2, risk_score: null }],
        }),
      ),
    ),
    http.get("*/findings", () => HttpResponse.json(aPage([aFinding({ id: 1, title: "The first" })]))),
  );
});

const card = (name: RegExp) => screen.findByRole("link", { name });

describe("the overview", () => {
  it("links each figure to what it counts", async () => {
    renderApp("/");

    expect(await card(/^Events ?40,000/)).toHaveAttribute("href", "/app/events");
    expect(await card(/^Findings ?70/)).toHaveAttribute("href", "/app/findings?view=all");
    expect(await card(/^Critical and high ?28/)).toHaveAttribute("href", "/app/findings?severity=critical%2Chigh");
    expect(await card(/^Not scored ?3/)).toHaveAttribute("href", "/app/findings?enriched=false");
    expect(await card(/^Events per second ?1.5/)).toHaveAttribute("href", "/app/pipeline");
  });

  it("shows open and overdue findings against their targets", async () => {
    renderApp("/");
    const table = within(await screen.findByRole("region", { name: "Triage by severity" }));
    const critical = table.getByRole("row", { name: /critical/ });
    expect(
      within(critical)
        .getAllByRole("cell")
        .map((cell) => cell.textContent),
    ).toEqual(["3", "1", "1 d", "21 min", "–"]);
    expect(within(table.getByRole("row", { name: /low/ })).getByText("90 d")).toBeInTheDocument();
    expect(within(critical).getByRole("link", { name: "1" })).toHaveAttribute(
      "href",
      "/app/findings?view=all&status=open%2Cacknowledged%2Cinvestigating%2Creopened&severity=critical&order=asc",
    );
  });

  it("links the bar of each severity to its findings", async () => {
    renderApp("/?last=7d");

    expect(await card(/^high ?17$/)).toHaveAttribute("href", "/app/findings?severity=high&last=7d");
    expect(await card(/^low ?16$/)).toHaveAttribute("href", "/app/findings?severity=low&last=7d");
  });

  it("ranks rules and users by risk", async () => {
    renderApp("/");

    const rules = await screen.findByRole("list", { name: "Top rules by risk" });
    expect(within(rules).getByRole("link")).toHaveAttribute("href", "/app/findings?rule=login_failures");
    expect(within(rules).getByText("88")).toBeInTheDocument();
    const users = await screen.findByRole("list", { name: "Top users by risk" });
    expect(within(users).getByText("not scored")).toBeInTheDocument();
  });

  it("updates with the stream: the figures, and new findings at the top", async () => {
    renderApp("/");
    const list = await screen.findByRole("list", { name: "Newest findings" });
    FakeEventSource.last.onopen?.();
    FakeEventSource.last.send(
      "finding",
      aFinding({ id: 2, title: "The second", first_seen: "2026-11-21T12:00:00Z" }),
      "2",
    );
    FakeEventSource.last.send(
      "summary",
      { ...aSummary(), total_events: 40_001, total_findings: 71, unenriched: 2, events_per_second: 9 },
      "2",
    );

    expect(await within(list).findByText("The second")).toBeInTheDocument();
    expect(within(list).getAllByRole("link")[0]).toHaveTextContent("The second");
    expect(await card(/^Events ?40,001/)).toBeInTheDocument();
    expect(await card(/^Events per second ?9.0/)).toBeInTheDocument();
  });

  it("loads the period in the URL, with figures that agree, and returns to all time", async () => {
    const requests: URL[] = [];
    server.use(
      http.get("*/stats/timeline", ({ request }) => {
        requests.push(new URL(request.url));
        return HttpResponse.json(aTimeline());
      }),
    );
    renderApp("/?from=2026-11-20T12:00:00Z&to=2026-11-20T12:02:00Z");
    expect(await screen.findByRole("button", { name: /20 Nov.* – 20 Nov/ })).toBeInTheDocument();
    expect(Object.fromEntries(requests[0]?.searchParams ?? [])).toEqual({
      from: "2026-11-20T12:00:00Z",
      to: "2026-11-20T12:02:00Z",
    });
    expect(await card(/^Events ?12/)).toBeInTheDocument();
    expect(await card(/^Findings ?34/)).toBeInTheDocument();
    expect(await card(/^Not scored ?5/)).toBeInTheDocument();
    expect(screen.getByRole("group", { name: /Events over time: 12 events/ })).toBeInTheDocument();
    expect(screen.getByRole("group", { name: /Findings over time: 1 finding/ })).toBeInTheDocument();

    await userEvent.click(screen.getByRole("button", { name: "All time" }));
    expect(await card(/^Events ?40,000/)).toBeInTheDocument();
    expect(window.location.search).toBe("");
  });

  it("selects a period on the chart with the keyboard", async () => {
    renderApp("/");
    (await screen.findByRole("group", { name: /Findings over time/ })).focus();
    await userEvent.keyboard("{ArrowRight}{Enter}");

    await waitFor(() =>
      expect(decodeURIComponent(window.location.search)).toBe("?from=2026-11-20T12:00:00Z&to=2026-11-20T12:01:00Z"),
    );
  });

  it("explains how to get events when there are none", async () => {
    server.use(
      http.get("*/stats/timeline", () => HttpResponse.json(aTimeline({ steps: [] }))),
      http.get("*/stats/summary", () =>
        HttpResponse.json(
          aSummary({
            total_events: 0,
            total_findings: 0,
            findings_by_severity: { low: 0, medium: 0, high: 0, critical: 0 },
            events_over_time: [],
          }),
        ),
      ),
      http.get("*/findings", () => HttpResponse.json(aPage([]))),
    );
    renderApp("/");

    expect(await screen.findByText("No events yet")).toBeInTheDocument();
    expect(await screen.findByText("No findings")).toBeInTheDocument();
  });

  it("explains a failure, and still shows the rest of the page", async () => {
    server.use(
      http.get("*/stats/summary", () =>
        HttpResponse.json(aProblem(503, "The database is unreachable."), { status: 503 }),
      ),
    );
    renderApp("/");

    expect(await screen.findByRole("alert")).toHaveTextContent("The database is unreachable.");
    expect(await screen.findByText("The first")).toBeInTheDocument();
  });
});
