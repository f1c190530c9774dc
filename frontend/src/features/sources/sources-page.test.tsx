import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";

import type { SourceDetails } from "@/lib/api/sources";
import { failWith, neverRespond, respond } from "@/testing/api";
import { renderApp } from "@/testing/render-app";

function aSource(overrides: Partial<SourceDetails> = {}): SourceDetails {
  return {
    name: "okta",
    connector: "okta.system",
    feeds: ["okta.system"],
    state: "ok",
    reason: null,
    last_event_at: "2026-11-25T11:58:00Z",
    last_poll_at: "2026-11-25T11:59:00Z",
    complete_until: "2026-11-25T11:58:00Z",
    failing_since: null,
    silent_after_s: 7200,
    records: 1234,
    refused: 0,
    events_per_day: [{ date: "2026-11-25", count: 40 }],
    usual_per_day: 42,
    backfill: { complete_from: "2026-11-24T12:00:00Z", done: true, records: 30 },
    dependent_rules: 1,
    dependent_controls: 2,
    lag: { p50_s: 12, p95_s: 60 },
    rules: [{ rule_id: "6f0d2c1e-0000-4000-8000-000000000001", rule_name: "okta_user_created", title: "User created" }],
    controls: ["cis.5.1", "soc2.cc6.1"],
    ...overrides,
  };
}

it("shows a placeholder while it loads", async () => {
  neverRespond("/sources");
  renderApp("/sources");
  expect(await screen.findByRole("status", { name: "Loading sources" })).toBeInTheDocument();
});

it("shows each source with its state, what to do, and what depends on it", async () => {
  const reason = "no event for 5.0 h, usually it is quiet for at most 1.0 h; check that the source still logs";
  respond("/sources", [aSource(), aSource({ name: "cloudtrail", state: "silent", reason })]);
  renderApp("/sources");
  const rows = within(await screen.findByRole("region", { name: "Health of sources" })).getAllByRole("row");
  expect(rows[1]).toHaveTextContent(/okta.*OK.*usually 42.*1 rule, 2 controls/);
  expect(rows[2]).toHaveTextContent(/cloudtrail.*Silent.*no event for 5.0 h/);
  expect(screen.getByText("1 of 2 need attention")).toBeInTheDocument();
});

it("is the setup guide where there is no source", async () => {
  respond("/sources", []);
  renderApp("/sources");
  expect(await screen.findByText("No sources yet")).toBeInTheDocument();
  expect(screen.getByText(/connector: okta.system/)).toBeVisible();
});

it("explains a failure", async () => {
  failWith("/sources", 503, "The database does not answer.");
  renderApp("/sources");
  expect(await screen.findByText("The database does not answer.")).toBeInTheDocument();
});

it("shows the figures and the blast radius of a source", async () => {
  respond("/sources/{name}", aSource());
  renderApp("/sources/okta");
  expect(await screen.findByRole("link", { name: "User created" })).toHaveAttribute(
    "href",
    expect.stringContaining("/rules/okta_user_created"),
  );
  expect(screen.getByText(/Without it, 1 rule of 2 controls is blind/)).toBeInTheDocument();
  expect(screen.getByText("1,234")).toBeInTheDocument();
});

it("says that nothing depends on a source alone", async () => {
  respond("/sources/{name}", aSource({ rules: [], controls: [], lag: null, backfill: null, connector: null }));
  renderApp("/sources/okta");
  expect(await screen.findByText("No active rule depends on this source alone.")).toBeInTheDocument();
});
