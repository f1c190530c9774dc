import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { zone } from "@/lib/time/use-time";
import { address, respond, failWith, neverRespond } from "@/testing/api";
import { aFinding, userActivity } from "@/testing/builders";
import { renderApp } from "@/testing/render-app";
import { aProfile } from "@/testing/a-profile";

function open(user = "mona%40example.com") {
  respond("/profiles/{user}", aProfile({ user: decodeURIComponent(user) }));
  renderApp(`/users/${user}`);
  return userEvent.setup();
}
const page = (items: ReturnType<typeof aFinding>[]) => ({
  items,
  total: items.length,
  page: 1,
  page_size: 8,
  next: null,
  position: null,
});

it("shows placeholders while it loads", async () => {
  neverRespond("/users/{user}");
  open();
  expect(await screen.findByRole("status", { name: "Loading the user" })).toBeInTheDocument();
  expect(document.title).toBe("mona@example.com · Mini Compliance Monitor");
});

it("explains that a user does not exist", async () => {
  failWith("/users/{user}", 404, "No event names a user 'nobody'.");
  open("nobody");
  expect(await screen.findByText("No event names a user 'nobody'.")).toBeInTheDocument();
});

it("shows the activity of a user, with links to it", async () => {
  respond("/users/{user}", userActivity());
  respond("/findings", page([aFinding({ title: "Repeated failed logins" })]));
  open();

  const types = within((await screen.findByRole("heading", { name: "Event types" })).closest("section") as HTMLElement);
  expect(types.getByRole("link", { name: /login failed/ })).toHaveAttribute(
    "href",
    "/app/events?user=mona%40example.com&event_type=login_failed",
  );
  expect(await screen.findByRole("link", { name: "Repeated failed logins" })).toHaveAttribute(
    "href",
    "/app/findings/1",
  );
  expect(screen.getByRole("link", { name: "medium 2" })).toHaveAttribute(
    "href",
    "/app/findings?user=mona%40example.com&severity=medium",
  );
});

it("loads no findings for a user without any", async () => {
  respond("/users/{user}", userActivity({ findings: 0, severity: null, risk_score: null }));
  open();
  expect(await screen.findByText("No findings for this user")).toBeInTheDocument();
});

it("selects a day with the keyboard", async () => {
  respond("/users/{user}", userActivity({ findings: 0 }));
  const user = open();
  const chart = await screen.findByRole("group", { name: /Events by day/ });
  chart.focus();
  await user.keyboard("{ArrowRight}{Shift>}{ArrowRight}{/Shift}");
  expect(chart).toHaveTextContent("42 events");
  await user.keyboard("{Enter}");
  await waitFor(() =>
    expect(address()).toBe("/events?user=mona@example.com&from=2026-11-24T00:00:00Z&to=2026-11-26T00:00:00Z"),
  );
});

it("shows the busiest hour in the zone that times are shown in", async () => {
  zone.set("utc");
  respond("/users/{user}", userActivity({ findings: 0 }));
  open();
  expect(await screen.findByText("Busiest: Wednesday, 12:00 – 13:00: 12 events")).toBeInTheDocument();
});
