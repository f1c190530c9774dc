import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { address, answers, fails, hangs } from "@/testing/api";
import { aUser } from "@/testing/builders";
import { show } from "@/testing/show";

function open(query = "") {
  show(`/users${query}`);
  return userEvent.setup();
}

it("holds the place of what loads", async () => {
  hangs("/users");
  open();
  expect(await screen.findByRole("status", { name: "Loading users" })).toBeInTheDocument();
});

it("says how to get users when there are none", async () => {
  answers("/users", { items: [], next: null });
  open();
  expect(await screen.findByText("Nobody yet")).toBeInTheDocument();
  expect(screen.getByText("mcm-ingestor generate")).toBeInTheDocument();
});

it("says what failed, under which request, and tries again", async () => {
  fails("/users", 500, "The database is on fire.");
  const user = open();
  expect(await screen.findByText("The database is on fire.")).toBeInTheDocument();
  expect(screen.getByText("request-of-test")).toBeInTheDocument();

  answers("/users", { items: [aUser()], next: null });
  await user.click(screen.getByRole("button", { name: "Try again" }));

  expect(await screen.findByRole("link", { name: "mona@example.com" })).toBeInTheDocument();
});

it("lists users in the order and with the search of the address", async () => {
  const asked: string[] = [];
  answers("/users", (url) => {
    asked.push(url.search);
    return { items: [aUser(), aUser({ user: "ci-bot", findings: 0, severity: null, risk_score: null })], next: null };
  });
  const user = open("?q=o&sort=events");

  const row = within((await screen.findByRole("link", { name: "ci-bot" })).closest("tr") as HTMLElement);
  expect(row.getAllByText("–")).toHaveLength(2);
  expect(asked[0]).toBe("?q=o&sort=events&limit=100");

  await user.click(screen.getByRole("button", { name: "Findings" }));
  await waitFor(() => expect(address()).toBe("/users?q=o&sort=findings"));
});

it("reads on where the page before ended", async () => {
  answers("/users", (url) =>
    url.searchParams.get("before") === "after mona"
      ? { items: [aUser({ user: "zoe@example.com" })], next: null }
      : { items: [aUser()], next: "after mona" },
  );
  open();
  expect(await screen.findByRole("link", { name: "zoe@example.com" })).toBeInTheDocument();
});

it("opens a user by the keyboard alone", async () => {
  answers("/users", { items: [aUser(), aUser({ user: "a/b c@example.com" })], next: null });
  const user = open();
  await screen.findByRole("link", { name: "mona@example.com" });
  await user.keyboard("jj{Enter}");
  await waitFor(() => expect(address()).toBe("/users/a/b c@example.com"));
});
