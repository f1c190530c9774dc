import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { address, answers, fails, hangs } from "@/testing/api";
import { aRule } from "@/testing/builders";
import { show } from "@/testing/show";

function open(query = "") {
  show(`/rules${query}`);
  return userEvent.setup();
}

it("holds the place of what loads", async () => {
  hangs("/rules");
  open();
  expect(await screen.findByRole("status", { name: "Loading rules" })).toBeInTheDocument();
});

it("says how rules come when there are none", async () => {
  answers("/rules", []);
  open();
  expect(await screen.findByText("No rules are in force")).toBeInTheDocument();
});

it("says what failed", async () => {
  fails("/rules", 500, "The database is on fire.");
  open();
  expect(await screen.findByText("request-of-test")).toBeInTheDocument();
});

it("lists the rules that match the address, and takes the filter away again", async () => {
  answers("/rules", [
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

it("says when no rule matches", async () => {
  answers("/rules", [aRule()]);
  const user = open("?q=nothing");
  expect(await screen.findByText("No rule matches")).toBeInTheDocument();
  await user.click(screen.getByRole("button", { name: "Clear all filters" }));
  expect(await screen.findByRole("link", { name: "Repeated failed logins" })).toBeInTheDocument();
});
