import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";

import type { Schema } from "@/lib/api/schema";
import { aFinding, anEvent, aPage, aProblem, UNENRICHED } from "@/testing/builders";
import { explained } from "@/testing/explained";
import { server } from "@/testing/server";
import { renderApp } from "@/testing/render-app";

const rule: Schema<"RuleDetails"> = {
  rule_id: "r",
  rule_name: "bucket_made_public",
  title: "Public storage bucket",
  description: "",
  level: "critical",
  helper: false,
  status: "stable",
  family: "storage",
  pack: "built-in",
  active: true,
  tags: [],
  controls: [
    { framework: "SOC 2", control: "CC6.1" },
    { framework: "SOC 2", control: "CC6.6" },
    { framework: "PCI DSS", control: "1.4.4" },
  ],
  findings: 1,
  detections: 1,
  last_hit: null,
  hits_per_day: [],
  yaml: "detection:\n  made_public:\n    event_type: storage_bucket_permission_changed\n    visibility|re: ^public\n  condition: made_public\n",
  runbook: "1. Close it.\n2. Check who read it.",
  falsepositives: ["A bucket of a public web page"],
  summary: ["A bucket became public."],
  tests: [],
  results: { pending: 0, standing: 0, withdrawn: 0 },
  users: null,
  rule_version: "abc",
  loaded_at: null,
};

const detection = {
  event_uid: "e1",
  at: "2026-11-20T12:00:00Z",
  source: "my-app",
  event_type: "storage_bucket_permission_changed",
  user: "mona@example.com",
  facts: { bucket: "exports", visibility: "public" },
};

const evident = aFinding({
  ai_source: "openai",
  ai_explanation: "It is public. Why it matters: all can read it. Check first: 1) Close it. 2) Ask.",
  ai_data: {
    deterministic_score: 92,
    factors: [{ name: "severity", points: 84, reason: "critical severity" }],
    model_score: 88,
    drivers: ["customer data"],
    model: "gpt-5.4-mini",
  },
  extra_data: {
    earliest: detection,
    latest: {
      ...detection,
      event_uid: "e2",
      count: 5,
      window: { from: "2026-11-20T11:50:00Z", to: "2026-11-20T12:00:00Z" },
    },
  },
});

beforeEach(() => {
  server.use(
    http.get("*/findings/1/conditions", () => HttpResponse.json(explained)),
    http.get("*/findings/1", () => HttpResponse.json(evident)),
    http.get("*/findings/1/events", () =>
      HttpResponse.json({
        items: [anEvent({ id: 1 }), anEvent({ id: 2, timestamp: "2026-11-20T12:05:00Z" })],
        total: 2,
      }),
    ),
    http.get("*/rules/bucket_made_public", () => HttpResponse.json(rule)),
    http.get("*/findings", () => HttpResponse.json(aPage([evident, aFinding({ id: 5, title: "Another one" })]))),
  );
});

const section = (name: string) => screen.findByRole("region", { name });

describe("a finding by its link", () => {
  it("explains why it was raised", async () => {
    renderApp("/findings/1");

    const fired = await section("Why this was raised");
    expect(fired).toHaveTextContent("Threshold reached5 or more");
    expect(fired).toHaveTextContent("Window10 min");
    await waitFor(() => {
      const tree = within(fired).getByRole("list", { name: "Condition" });
      expect(tree).toHaveTextContent(
        "made publicevent typestorage_bucket_permission_changedvisibilitypublicmatches a pattern" +
          "1 alternative did not matchNot: expected",
      );
      expect(tree).not.toHaveTextContent("^public");
    });
    await waitFor(() => expect(fired).toHaveTextContent("A bucket became public."));
    expect(document.title).toBe("Public storage bucket · Mini Compliance Monitor");
  });

  it("says by which counts later evidence withdrew it, where no single event decides", async () => {
    const withdrawn_by = { ...detection, user: null, reason: "2026-11-20 is not unusual for mona: 2.100 bits." };
    const extra_data = { earliest: detection, latest: detection, withdrawn_by };
    server.use(http.get("*/findings/1", () => HttpResponse.json(aFinding({ withdrawn: true, extra_data }))));
    renderApp("/findings/1");

    expect(await screen.findByRole("note")).toHaveTextContent(
      "Withdrawn by later evidence. 2026-11-20 is not unusual for mona: 2.100 bits. The finding is kept",
    );
  });

  it("names the event by which later evidence withdrew it, and lists its history", async () => {
    const late = {
      event_uid: "e9",
      at: "2026-11-20T12:30:00Z",
      source: "my-app",
      event_type: "bucket_closed",
      user: null,
    };
    const latest = { ...detection, window: { from: "2026-11-20T12:00:00Z", to: "2026-11-20T13:00:00Z" } };
    const extra_data = { earliest: latest, latest, withdrawn_by: late };
    const change = { event_uid: "e9", event_at: late.at, recorded_at: late.at };
    const history: Schema<"FindingChange">[] = [
      { state: "standing", version: 1, event_id: 11, event_type: "bucket_opened", ...change },
      { state: "withdrawn", version: 2, event_id: 12, event_type: "bucket_closed", ...change },
    ];
    server.use(
      http.get("*/findings/1", () => HttpResponse.json(aFinding({ withdrawn: true, extra_data }))),
      http.get("*/findings/1/history", () => HttpResponse.json(history)),
    );
    renderApp("/findings/1");

    expect(await screen.findByRole("note")).toHaveTextContent("Withdrawn by later evidence. The event bucket closed");
    const changes = within(await section("History")).getAllByRole("listitem");
    expect(changes.map((each) => each.textContent)).toEqual([
      expect.stringContaining("Standing"),
      expect.stringContaining("Withdrawn"),
    ]);
    expect(within(await section("History")).getByRole("link", { name: "bucket closed" })).toHaveAttribute(
      "href",
      "/app/events?event=12",
    );
  });

  it("shows an explanation with its author", async () => {
    renderApp("/findings/1");

    const explanation = await section("Explanation");
    expect(explanation).toHaveTextContent("Written by AI");
    expect(explanation).toHaveTextContent("gpt-5.4-mini");
    expect(
      within(explanation)
        .getAllByRole("listitem")
        .map((each) => each.textContent),
    ).toEqual(["Close it.", "Ask."]);
  });

  it("shows both scores and their factors", async () => {
    renderApp("/findings/1");

    const score = await section("Risk score");
    expect(score).toHaveTextContent("Model score88");
    expect(score).toHaveTextContent("Factor score92");
    expect(within(score).getByRole("row", { name: /severity \+84 critical severity/ })).toBeInTheDocument();
    expect(score).toHaveTextContent("customer data");
  });

  it("opens the raw data of an event, as text", async () => {
    const planted = "<img src=x onerror=alert(1)>";
    server.use(
      http.get("*/findings/1/events", () =>
        HttpResponse.json({ items: [anEvent({ raw_data: { note: planted } })], total: 1 }),
      ),
    );
    const { container } = renderApp("/findings/1");
    const events = await section("Events");
    await userEvent.click(await within(events).findByRole("button", { name: /storage bucket permission changed/ }));

    expect(within(events).getByLabelText("Raw event")).toHaveTextContent(planted);
    expect(container.querySelector("img")).toBeNull();
  });

  it("has the runbook, the controls by framework, and the user's other findings", async () => {
    renderApp("/findings/1");

    expect(
      within(await section("Runbook"))
        .getAllByRole("listitem")
        .map((each) => each.textContent),
    ).toEqual(["Close it.", "Check who read it.", "A bucket of a public web page"]);
    expect(await section("Controls")).toHaveTextContent("SOC 2CC6.1CC6.6PCI DSS1.4.4");
    const related = await section("Other findings for mona@example.com");
    expect(await within(related).findByRole("link", { name: /Another one/ })).toHaveAttribute(
      "href",
      "/app/findings/5",
    );
  });

  it("takes feedback, with a comment on what is wrong", async () => {
    const given: unknown[] = [];
    server.use(
      http.put("*/findings/1/feedback", async ({ request }) => {
        const body = (await request.json()) as { verdict: "wrong"; comment: string | null };
        given.push(body);
        return HttpResponse.json({
          ...evident,
          feedback: {
            ...body,
            source: "openai",
            model: "gpt-5.4-mini",
            prompt_version: "1",
            given_at: "2026-11-21T00:00:00Z",
          },
        });
      }),
    );
    renderApp("/findings/1");
    await userEvent.click(await screen.findByRole("button", { name: "Wrong" }));
    await userEvent.type(await screen.findByRole("textbox", { name: "What is wrong" }), "It is our office");
    await userEvent.click(screen.getByRole("button", { name: "Send" }));

    expect(await screen.findByText("It is our office")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Wrong" })).toHaveAttribute("aria-pressed", "true");
    expect(given).toEqual([
      { verdict: "wrong", comment: null },
      { verdict: "wrong", comment: "It is our office" },
    ]);
  });

  it("without an explanation offers one, and has no score section", async () => {
    server.use(http.get("*/findings/1", () => HttpResponse.json(aFinding(UNENRICHED))));
    renderApp("/findings/1");

    expect(within(await section("Explanation")).getByRole("button", { name: "Enrich with AI" })).toBeInTheDocument();
    expect(screen.queryByRole("region", { name: "Risk score" })).toBeNull();
  });

  it("that does not exist is reported as not found", async () => {
    server.use(
      http.get("*/findings/1", () => HttpResponse.json(aProblem(404, "Finding 1 does not exist."), { status: 404 })),
    );
    renderApp("/findings/1");

    expect(await screen.findByRole("heading", { name: "Finding not found" })).toBeInTheDocument();
  });

  it("that cannot be loaded explains why, and is retried", async () => {
    server.use(
      http.get("*/findings/1", () => HttpResponse.json(aProblem(500, "It broke."), { status: 500 }), { once: true }),
    );
    renderApp("/findings/1");
    await userEvent.click(await screen.findByRole("button", { name: "Try again" }));

    expect(await section("Explanation")).toBeInTheDocument();
  });
});
