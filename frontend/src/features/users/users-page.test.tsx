import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { address, respond, failWith, neverRespond } from "@/testing/api";
import { aUser } from "@/testing/builders";
import { renderApp } from "@/testing/render-app";

function open(query = "") {
  renderApp(`/users${query}`);
  return userEvent.setup();
}

it("shows placeholders while it loads", async () => {
  neverRespond("/users");
  open();
  expect(await screen.findByRole("status", { name: "Loading users" })).toBeInTheDocument();
});

it("explains how to get users when there are none", async () => {
  respond("/users", { items: [], next: null });
  open();
  expect(await screen.findByText("No users yet")).toBeInTheDocument();
  expect(screen.getByTestId("command")).toBeInTheDocument();
});

it("explains a failure with its request id, and retries", async () => {
  failWith("/users", 500, "The database is on fire.");
  const user = open();
  expect(await screen.findByText("The database is on fire.")).toBeInTheDocument();
  expect(screen.getByText("request-of-test")).toBeInTheDocument();

  respond("/users", { items: [aUser()], next: null });
  await user.click(screen.getByRole("button", { name: "Try again" }));

  expect(await screen.findByRole("link", { name: "mona@example.com" })).toBeInTheDocument();
});

it("applies the order and the search in the URL", async () => {
  const requests: string[] = [];
  respond("/users", (url) => {
    requests.push(url.search);
    return { items: [aUser(), aUser({ user: "ci-bot", findings: 0, severity: null, risk_score: null })], next: null };
  });
  const user = open("?q=o&sort=events");

  const row = within((await screen.findByRole("link", { name: "ci-bot" })).closest("tr") as HTMLElement);
  expect(row.getAllByText("–")).toHaveLength(2);
  expect(requests[0]).toBe("?q=o&sort=events&limit=100");

  await user.click(screen.getByRole("button", { name: "Findings" }));
  await waitFor(() => expect(address()).toBe("/users?q=o&sort=findings"));
});

it("loads the next page from the cursor", async () => {
  respond("/users", (url) =>
    url.searchParams.get("before") === "after mona"
      ? { items: [aUser({ user: "zoe@example.com" })], next: null }
      : { items: [aUser()], next: "after mona" },
  );
  open();
  expect(await screen.findByRole("link", { name: "zoe@example.com" })).toBeInTheDocument();
});

it("opens a user with the keyboard alone", async () => {
  respond("/users", { items: [aUser(), aUser({ user: "a/b c@example.com" })], next: null });
  const user = open();
  await screen.findByRole("link", { name: "mona@example.com" });
  await user.keyboard("jj{Enter}");
  await waitFor(() => expect(address()).toBe("/users/a/b c@example.com"));
});
