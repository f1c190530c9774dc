import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { address, respond, failWith, neverRespond } from "@/testing/api";
import { aRule } from "@/testing/builders";
import { renderApp } from "@/testing/render-app";

function open(query = "") {
  renderApp(`/rules${query}`);
  return userEvent.setup();
}

it("shows placeholders while it loads", async () => {
  neverRespond("/rules");
  open();
  expect(await screen.findByRole("status", { name: "Loading rules" })).toBeInTheDocument();
});

it("explains what to check when there are no rules", async () => {
  respond("/rules", []);
  open();
  expect(await screen.findByText("No active rules")).toBeInTheDocument();
});

it("explains a failure", async () => {
  failWith("/rules", 500, "The database is on fire.");
  open();
  expect(await screen.findByText("request-of-test")).toBeInTheDocument();
});

it("applies the filter in the URL, and removes it", async () => {
  respond("/rules", [
    aRule(),
    aRule({
      rule_id: "2",
      rule_name: "bucket_public",
      title: "Bucket made public",
      level: "critical",
      family: "storage",
    }),
  ]);
  const user = open("?level=critical");
  expect(await screen.findByRole("link", { name: "Bucket made public" })).toHaveAttribute(
    "href",
    "/app/rules/bucket_public",
  );
  expect(screen.queryByRole("link", { name: "Repeated failed logins" })).not.toBeInTheDocument();

  await user.click(screen.getByRole("button", { name: "Filters" }));
  await user.click(await screen.findByRole("button", { name: "Clear level" }));

  expect(await screen.findByRole("link", { name: "Repeated failed logins" })).toBeInTheDocument();
  await waitFor(() => expect(address()).toBe("/rules"));
});

it("reports when no rule matches", async () => {
  respond("/rules", [aRule()]);
  const user = open("?q=nothing");
  expect(await screen.findByText("No matching rules")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Clear all filters" }));
  expect(await screen.findByRole("link", { name: "Repeated failed logins" })).toBeInTheDocument();
});

it("marks the rules that cannot match", async () => {
  respond("/rules", [aRule(), aRule({ rule_id: "2", rule_name: "bucket_public", title: "Bucket made public" })]);
  respond("/blind-rules", [
    { rule_id: "2", rule_name: "bucket_public", title: "Bucket made public", reason: "the source app is silent" },
  ]);
  open();
  expect(await screen.findByText("Blind")).toHaveAttribute("title", "It cannot match: the source app is silent");
});
