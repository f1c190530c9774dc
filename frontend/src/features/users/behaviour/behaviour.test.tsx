import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { aProfile } from "@/testing/a-profile";
import { address, failWith, respond } from "@/testing/api";
import { userActivity } from "@/testing/builders";
import { renderApp } from "@/testing/render-app";

function open(profile = aProfile()) {
  respond("/users/{user}", userActivity({ findings: 0 }));
  respond("/profiles/{user}", profile);
  renderApp("/users/mona%40example.com");
  return userEvent.setup();
}

it("explains a day by counts that link to the events behind them", async () => {
  open();
  const day = within(await screen.findByRole("region", { name: "Counts behind 2026-11-25" }));
  expect(day.getByText(/in 60 days; everyone/)).toHaveTextContent(
    "new country NL: 0 of 212 in 60 days; everyone 4 of 1,000 among 6 values",
  );
  const period = (from: string, to: string) => `from=${from}T00%3A00%3A00Z&to=${to}T00%3A00%3A00Z`;
  expect(day.getByRole("link", { name: "0" })).toHaveAttribute(
    "href",
    `/app/events?user=mona%40example.com&fact=country%3ANL&${period("2026-09-26", "2026-11-25")}`,
  );
  expect(day.getByRole("link", { name: "1,000" })).toHaveAttribute(
    "href",
    `/app/events?${period("2026-09-28", "2026-11-23")}`,
  );
});

it("selects the day that is explained", async () => {
  const user = open();
  await user.selectOptions(await screen.findByLabelText("Explain the day"), "2026-11-24");
  await waitFor(() => expect(address()).toBe("/users/mona@example.com?day=2026-11-24"));
});

it("shows what is new, the usual values, and what adds to the risk", async () => {
  open();
  const heading = await screen.findByRole("heading", { name: "New in the last 7 days" });
  expect(heading.closest("section")).toHaveTextContent("country NL since 2026-11-25, 1 day");
  expect(screen.getByRole("heading", { name: "Countries" })).toBeInTheDocument();
  expect(screen.getByText("22.4 points")).toBeInTheDocument();
  expect(screen.getByText("40 active days and 1,200 events in 60 days")).toBeInTheDocument();
});

it("says that a profile is learning, withheld, or not there", async () => {
  const none = { since: null, until: null, explained: null, scores: [], features: [], hours: [] };
  open(aProfile({ ...none, since: "2026-11-20", until: "2026-11-20", state: "learning", active_days: 1, events: 3 }));
  expect(await screen.findByText("Learning: 1 of 14 active days, 3 of 50 events")).toBeInTheDocument();
  expect(screen.getByText("Everything is new while the profile is learning.")).toBeInTheDocument();
});

it("says why a profile is withheld", async () => {
  open(aProfile({ state: "withheld", withheld: "Profiles count the events of all sources." }));
  expect(await screen.findByText("Profiles count the events of all sources.")).toBeInTheDocument();
  expect(screen.queryByText("Scores by day")).not.toBeInTheDocument();
});

it("explains a failure of the profile alone", async () => {
  respond("/users/{user}", userActivity({ findings: 0 }));
  failWith("/profiles/{user}", 503, "The database is down.");
  renderApp("/users/mona%40example.com");
  expect(await screen.findByText("The database is down.")).toBeInTheDocument();
  expect(screen.getByRole("heading", { name: "Event types" })).toBeInTheDocument();
});
