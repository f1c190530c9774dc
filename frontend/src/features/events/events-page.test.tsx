import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { live } from "@/lib/live/store";
import { address, respond, failWith, neverRespond } from "@/testing/api";
import { aFinding, anEvent, eventDetails } from "@/testing/builders";
import { FakeEventSource } from "@/testing/fake-event-source";
import { renderApp } from "@/testing/render-app";

function open(query = "") {
  renderApp(`/events${query}`);
  return userEvent.setup();
}

function counted() {
  respond("/events/facets", {
    event_type: [{ value: "login_failed", count: 9 }],
    source: [{ value: "my-app", count: 9 }],
    counted_from: null,
  });
  respond("/events/histogram", {
    counted_from: null,
    interval: "hour",
    from: "2026-11-25T11:00:00Z",
    to: "2026-11-25T13:00:00Z",
    buckets: [
      { start: "2026-11-25T11:00:00Z", count: 2 },
      { start: "2026-11-25T12:00:00Z", count: 7 },
    ],
  });
}

const users = () => within(screen.getByRole("table", { name: "Events" })).queryAllByRole("link", { name: /@example/ });

/** Sends a summary with this number of events. */
async function stored(total_events: number) {
  await act(async () => {
    live.startFrom(null, live.snapshot());
    const figures = { total_findings: 0, findings_by_severity: {}, unenriched: 0, events_per_second: 1 };
    FakeEventSource.last.send("summary", { ...figures, total_events }, "1~1");
    // frames are dispatched in batches
    await new Promise((resolve) => setTimeout(resolve, 150));
  });
}

it("shows placeholders while it loads", async () => {
  neverRespond("/events");
  neverRespond("/events/facets");
  neverRespond("/events/histogram");
  open();
  expect(await screen.findByRole("status", { name: "Loading events" })).toBeInTheDocument();
  expect(screen.getByRole("status", { name: "Loading events over time" })).toBeInTheDocument();
});

it("explains how to get events when there are none", async () => {
  respond("/events", []);
  respond("/events/facets", { event_type: [], source: [], counted_from: null });
  respond("/events/histogram", { counted_from: null, interval: "day", from: null, to: null, buckets: [] });
  open();
  expect(await screen.findByText("No events yet")).toBeInTheDocument();
});

it("explains a failure, and retries", async () => {
  counted();
  failWith("/events", 500, "The database is on fire.");
  const user = open();
  expect(await screen.findByText("request-of-test")).toBeInTheDocument();
  respond("/events", [anEvent()]);
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("link", { name: "mona@example.com" })).toBeInTheDocument();
});

it("searches for facts as they are typed, and for those of an event", async () => {
  respond("/events/{event_id}", eventDetails({ id: 7, raw_data: { "a:b": 5, target: [{ id: "t, 1" }] } }));
  counted();
  const requests: string[][] = [];
  respond("/events", (url) => {
    requests.push(url.searchParams.getAll("fact"));
    return [anEvent({ id: 7, raw_data: { "a:b": 5, target: [{ id: "t, 1" }] } })];
  });
  const user = open("?fact=environment:production");
  await screen.findByRole("link", { name: "mona@example.com" });
  const field = screen.getByRole("combobox", { name: "Search for a fact" });
  await user.type(field, "production{Enter}");
  expect(await screen.findByText(/Write a key and a value/)).toBeInTheDocument();
  await user.clear(field);
  await user.type(field, "region: eu-west-1{Enter}");
  await waitFor(() => expect(requests.at(-1)).toEqual(["environment:production", "region:eu-west-1"]));
  await user.click(screen.getByRole("button", { name: "Remove the filter fact environment:production" }));
  await waitFor(() => expect(requests.at(-1)).toEqual(["region:eu-west-1"]));

  await user.click(await screen.findByRole("link", { name: "storage bucket permission changed" }));
  const drawer = within(await screen.findByRole("dialog"));
  const found = drawer.getByRole("link", { name: "5" }).getAttribute("href") ?? "";
  expect(decodeURIComponent(found)).toContain('"a:b":5');
  await user.click(drawer.getByRole("link", { name: "t, 1" }));
  await waitFor(() => expect(requests.at(-1)).toEqual(["target.id:t, 1"]));
});

it("applies the filters in the URL, and removes them", async () => {
  counted();
  const requests: string[] = [];
  respond("/events", (url) => {
    requests.push(decodeURIComponent(url.search));
    return [anEvent()];
  });
  const user = open("?event_type=login_failed,mfa_failed&user=mona@example.com&from=2026-11-25T11:00:00Z");
  await screen.findByRole("link", { name: "mona@example.com" });
  expect(requests[0]).toBe(
    "?event_type=login_failed&event_type=mfa_failed&user=mona@example.com&from_timestamp=2026-11-25T11:00:00Z&limit=100",
  );

  await user.click(screen.getByRole("button", { name: "Remove the filter event_type mfa_failed" }));
  await waitFor(() =>
    expect(address()).toBe("/events?event_type=login_failed&user=mona@example.com&from=2026-11-25T11:00:00Z"),
  );
  await user.click(screen.getByRole("button", { name: "Clear all" }));
  await waitFor(() => expect(address()).toBe("/events"));
});

it("selects a period on the chart with the keyboard", async () => {
  counted();
  respond("/events", [anEvent()]);
  const user = open();
  (await screen.findByRole("group", { name: /Events over time/ })).focus();
  await user.keyboard("{ArrowLeft}{Enter}");
  await waitFor(() => expect(address()).toBe("/events?from=2026-11-25T12:00:00Z&to=2026-11-25T13:00:00Z"));
});

it("adds new events automatically", async () => {
  counted();
  respond("/events", [anEvent()]);
  open();
  await waitFor(() => expect(users()).toHaveLength(1));

  respond("/events", [anEvent({ id: 2, user: "ada@example.com" }), anEvent()]);
  await stored(2);

  await waitFor(() => expect(users().map((link) => link.textContent)).toEqual(["ada@example.com", "mona@example.com"]));
});

it("holds new events back while paused, and shows them on request", async () => {
  counted();
  respond("/events", [anEvent()]);
  const user = open();
  await waitFor(() => expect(users()).toHaveLength(1));
  await stored(1);
  await user.click(screen.getByRole("button", { name: "Pause" }));

  respond("/events", [anEvent({ id: 3 }), anEvent({ id: 2 }), anEvent()]);
  await stored(3);

  const pill = await screen.findByRole("button", { name: "2 new" });
  expect(users()).toHaveLength(1);
  await user.click(pill);
  await waitFor(() => expect(users()).toHaveLength(3));
  expect(screen.queryByRole("button", { name: "2 new" })).not.toBeInTheDocument();
});

it("shows the rules and findings of an event, and its raw data as text", async () => {
  const planted = "<img src=x onerror=alert(1)>";
  const event = anEvent({ id: 1, event_type: "login_failed", raw_data: { note: planted } });
  respond("/events", [event]);
  respond("/events/{event_id}", {
    ...eventDetails(event),
    matched_rules: [{ rule_id: "r", rule_name: "login_failed", title: "A failed login", level: "low" }],
    findings: [aFinding({ title: "Repeated failed logins" })],
  });
  counted();
  const user = open();
  await user.click(await screen.findByRole("link", { name: "login failed" }));
  const drawer = within(await screen.findByRole("dialog"));

  expect(await drawer.findByRole("link", { name: "A failed login" })).toHaveAttribute(
    "href",
    "/app/rules/login_failed",
  );
  expect(drawer.getByRole("link", { name: "Repeated failed logins" })).toHaveAttribute("href", "/app/findings/1");
  expect(drawer.getByRole("region", { name: "Raw event" })).toHaveTextContent(planted);
  expect(document.querySelector("img")).toBeNull();
  await waitFor(() => expect(address()).toBe("/events?event=1"));
});
