import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { live } from "@/lib/live/store";
import { address, answers, fails, hangs } from "@/testing/api";
import { aFinding, anEvent, eventDetails } from "@/testing/builders";
import { FakeEventSource } from "@/testing/fake-event-source";
import { show } from "@/testing/show";

function open(query = "") {
  show(`/events${query}`);
  return userEvent.setup();
}

function counted() {
  answers("/events/facets", {
    event_type: [{ value: "login_failed", count: 9 }],
    source: [{ value: "my-app", count: 9 }],
  });
  answers("/events/histogram", {
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

/** Tells that so many events are stored, as the stream does. */
async function stored(total_events: number) {
  await act(async () => {
    live.startFrom(null, live.ask());
    const figures = { total_findings: 0, findings_by_severity: {}, unenriched: 0, events_per_second: 1 };
    FakeEventSource.last.send("summary", { ...figures, total_events }, "1~1");
    // frames are handed on together
    await new Promise((resolve) => setTimeout(resolve, 150));
  });
}

it("holds the place of what loads", async () => {
  hangs("/events");
  hangs("/events/facets");
  hangs("/events/histogram");
  open();
  expect(await screen.findByRole("status", { name: "Loading events" })).toBeInTheDocument();
  expect(screen.getByRole("status", { name: "Loading events over time" })).toBeInTheDocument();
});

it("says how to get events when there are none", async () => {
  answers("/events", []);
  answers("/events/facets", { event_type: [], source: [] });
  answers("/events/histogram", { interval: "day", from: null, to: null, buckets: [] });
  open();
  expect(await screen.findByText("No events yet")).toBeInTheDocument();
});

it("says what failed, and tries again", async () => {
  counted();
  fails("/events", 500, "The database is on fire.");
  const user = open();
  expect(await screen.findByText("request-of-test")).toBeInTheDocument();
  answers("/events", [anEvent()]);
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("link", { name: "mona@example.com" })).toBeInTheDocument();
});

it("asks for what the address filters by, and takes filters away again", async () => {
  counted();
  const asked: string[] = [];
  answers("/events", (url) => {
    asked.push(decodeURIComponent(url.search));
    return [anEvent()];
  });
  const user = open("?event_type=login_failed,mfa_failed&user=mona@example.com&from=2026-11-25T11:00:00Z");
  await screen.findByRole("link", { name: "mona@example.com" });
  expect(asked[0]).toBe(
    "?event_type=login_failed&event_type=mfa_failed&user=mona@example.com&from_timestamp=2026-11-25T11:00:00Z&limit=100",
  );

  await user.click(screen.getByRole("button", { name: "Without the filter event_type mfa_failed" }));
  await waitFor(() =>
    expect(address()).toBe("/events?event_type=login_failed&user=mona@example.com&from=2026-11-25T11:00:00Z"),
  );
  await user.click(screen.getByRole("button", { name: "Clear all" }));
  await waitFor(() => expect(address()).toBe("/events"));
});

it("chooses a period on the chart by the keyboard", async () => {
  counted();
  answers("/events", [anEvent()]);
  const user = open();
  (await screen.findByRole("group", { name: /Events over time/ })).focus();
  await user.keyboard("{ArrowLeft}{Enter}");
  await waitFor(() => expect(address()).toBe("/events?from=2026-11-25T12:00:00Z&to=2026-11-25T13:00:00Z"));
});

it("lets new events in by itself when more are stored", async () => {
  counted();
  answers("/events", [anEvent()]);
  open();
  await waitFor(() => expect(users()).toHaveLength(1));

  answers("/events", [anEvent({ id: 2, user: "ada@example.com" }), anEvent()]);
  await stored(2);

  await waitFor(() => expect(users().map((link) => link.textContent)).toEqual(["ada@example.com", "mona@example.com"]));
});

it("lets nothing in while paused, says how many wait, and lets them in when asked", async () => {
  counted();
  answers("/events", [anEvent()]);
  const user = open();
  await waitFor(() => expect(users()).toHaveLength(1));
  await stored(1);
  await user.click(screen.getByRole("button", { name: "Pause" }));

  answers("/events", [anEvent({ id: 3 }), anEvent({ id: 2 }), anEvent()]);
  await stored(3);

  const pill = await screen.findByRole("button", { name: "2 new" });
  expect(users()).toHaveLength(1);
  await user.click(pill);
  await waitFor(() => expect(users()).toHaveLength(3));
  expect(screen.queryByRole("button", { name: "2 new" })).not.toBeInTheDocument();
});

it("shows what became of an event, and its payload as text", async () => {
  const planted = "<img src=x onerror=alert(1)>";
  const event = anEvent({ id: 1, event_type: "login_failed", raw_data: { note: planted } });
  answers("/events", [event]);
  answers("/events/{event_id}", {
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
  expect(drawer.getByRole("region", { name: "Payload" })).toHaveTextContent(planted);
  expect(document.querySelector("img")).toBeNull();
  await waitFor(() => expect(address()).toBe("/events?event=1"));
});
