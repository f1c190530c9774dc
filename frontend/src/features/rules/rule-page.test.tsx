import { screen } from "@testing-library/react";
import { expect, it } from "vitest";

import { respond, failWith, neverRespond } from "@/testing/api";
import { aFinding, aRule } from "@/testing/builders";
import { renderApp } from "@/testing/render-app";

const open = () => renderApp("/rules/login_failures");
const found = (items: ReturnType<typeof aFinding>[]) =>
  respond("/findings", { items, total: items.length, page: 1, page_size: 5, next: null, position: null });

it("shows placeholders while it loads", async () => {
  neverRespond("/rules/{rule}");
  open();
  expect(await screen.findByRole("status", { name: "Loading the rule" })).toBeInTheDocument();
});

it("explains that a rule does not exist", async () => {
  failWith("/rules/{rule}", 404, "The engine has loaded no rule with the id or name 'login_failures'.");
  open();
  expect(await screen.findByText(/has loaded no rule/)).toBeInTheDocument();
});

it("shows the rule in full", async () => {
  respond("/rules/{rule}", aRule());
  found([aFinding({ user: "ada@example.com" })]);
  open();
  expect(await screen.findByText(/holds at 5 or more/)).toBeInTheDocument();
  expect(screen.getByText("CC6.1")).toBeInTheDocument();
  expect(screen.getByText("T1110")).toBeInTheDocument();
  expect(screen.getByText("No alert")).toBeInTheDocument();
  expect(screen.getByRole("region", { name: "Rule source" })).toHaveTextContent("title: Repeated failed logins");
  expect(screen.getByRole("link", { name: "View findings" })).toHaveAttribute(
    "href",
    "/app/findings?rule=login_failures",
  );
  expect(await screen.findByRole("link", { name: "ada@example.com" })).toHaveAttribute("href", "/app/findings/1");
});

it("shows the source as text", async () => {
  const planted = '<img src=x onerror="document.title = 1">';
  respond("/rules/{rule}", aRule({ findings: 0, yaml: `title: ${planted}`, runbook: planted, summary: [planted] }));
  open();
  expect(await screen.findAllByText(planted)).toHaveLength(2);
  expect(document.querySelector("img")).toBeNull();
});

it("shows that a rule never matched", async () => {
  respond("/rules/{rule}", aRule({ findings: 0, detections: 0, last_hit: null }));
  open();
  expect(await screen.findByText("Never")).toBeInTheDocument();
});

it("shows the sources that feed it, and what keeps it from matching", async () => {
  respond("/rules/{rule}", aRule({ findings: 0 }));
  respond("/rules/{rule}/sources", {
    sources: [{ name: "okta", state: "silent", last_event_at: "2026-11-25T07:00:00Z" }],
    blind: "the source okta is silent",
    hints: ["login_failed reads the field countri, which no recent event has, did you mean country?"],
  });
  open();
  expect(await screen.findByRole("link", { name: "okta" })).toHaveAttribute("href", "/app/sources/okta");
  expect(screen.getByText("Silent")).toBeInTheDocument();
  expect(screen.getByText(/the source okta is silent/)).toHaveTextContent(
    "This rule cannot match: the source okta is silent.",
  );
  expect(screen.getByText(/did you mean country/)).toBeInTheDocument();
});
