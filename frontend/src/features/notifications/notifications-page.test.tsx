import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";

import type {
  ChannelTest,
  NotificationChannel,
  NotificationChannels,
  NotificationMessage,
  NotificationRoute,
} from "@/lib/api/notifications";
import { anAccount, aProblem } from "@/testing/builders";
import { renderApp } from "@/testing/render-app";
import { server } from "@/testing/server";

const AT = "2026-11-25T12:00:00Z";
const TEST_ID = "0f8fad5b-d9cb-469f-a165-70867728950e";

const aChannel = (overrides: Partial<NotificationChannel> = {}): NotificationChannel => ({
  name: "soc",
  type: "slack",
  health: "healthy",
  last_sent_at: AT,
  pending: 0,
  failed: 0,
  last_error: null,
  ...overrides,
});
const aRoute = (overrides: Partial<NotificationRoute> = {}): NotificationRoute => ({
  name: "criticals",
  channel: "soc",
  filter: { severity: ["critical"] },
  when: "immediately",
  at: null,
  zone: null,
  quiet: null,
  max_per_hour: 20,
  waiting: 0,
  digest_at: null,
  ...overrides,
});
const aMessage = (overrides: Partial<NotificationMessage> = {}): NotificationMessage => ({
  id: "5b0f3c0e-7d0a-5b61-9a56-1f2e3d4c5b6a",
  route: "criticals",
  channel: "soc",
  kind: "findings",
  state: "sent",
  created_at: AT,
  next_attempt_at: null,
  sent_at: AT,
  attempts: 1,
  response: "HTTP 200: ok",
  findings: 1,
  finding_id: 7,
  ...overrides,
});

let channels: NotificationChannels;
let routes: NotificationRoute[];
let messages: NotificationMessage[];

beforeEach(() => {
  channels = { running: true, seen_at: AT, items: [aChannel()], reminders: ["soc"] };
  routes = [aRoute()];
  messages = [];
  server.use(
    http.get("*/notifications/channels", () => HttpResponse.json(channels)),
    http.get("*/notifications/routes", () => HttpResponse.json({ items: routes })),
    http.get("*/notifications/messages", ({ request }) => {
      const state = new URL(request.url).searchParams.get("state");
      return HttpResponse.json({
        items: messages.filter((each) => state === null || each.state === state),
        next: null,
      });
    }),
  );
});

const channel = async (name: string) => within(await screen.findByRole("listitem", { name }));

describe("the page of notifications", () => {
  it("is the setup guide until a notifier has started", async () => {
    channels = { running: false, seen_at: null, items: [], reminders: [] };
    routes = [];
    renderApp("/notifications");

    expect(await screen.findByText("Notifications are not set up")).toBeInTheDocument();
    expect(screen.getByText(/type: slack/)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Copy channels.yml" })).toBeInTheDocument();
  });

  it("shows the health of channels, what routes send, and that no notifier runs", async () => {
    channels = {
      running: false,
      seen_at: AT,
      reminders: [],
      items: [
        aChannel({ health: "failing", last_error: "HTTP 404: no_service", failed: 2 }),
        aChannel({ name: "mail" }),
      ],
    };
    routes = [
      aRoute({ when: "daily", at: "07:30", zone: "Europe/Berlin", waiting: 3 }),
      aRoute({ name: "all", filter: {}, quiet: { from: "22:00", to: "07:00", zone: "UTC" }, digest_at: AT }),
    ];
    renderApp("/notifications");

    const failing = await channel("soc");
    expect(failing.getByText("Failing")).toBeInTheDocument();
    expect(failing.getByText("HTTP 404: no_service")).toBeInTheDocument();
    expect(failing.getByText("2 failed")).toBeInTheDocument();
    expect(failing.getByRole("button", { name: "Test" })).toBeDisabled();
    expect(screen.getByText(/No notifier runs/)).toBeInTheDocument();
    expect(screen.getByText(/No channel gets reminders/)).toBeInTheDocument();
    const daily = screen.getByRole("listitem", { name: "criticals" });
    expect(daily).toHaveTextContent("severitycritical");
    expect(daily).toHaveTextContent("daily at 07:30, Europe/Berlin");
    expect(daily).toHaveTextContent("3 waiting");
    expect(screen.getByRole("listitem", { name: "all" })).toHaveTextContent("22:00 to 07:00, UTC");
  });

  it("tests a channel and shows its real response", async () => {
    const person = userEvent.setup();
    const test: ChannelTest = {
      id: TEST_ID,
      channel: "soc",
      state: "waiting",
      response: null,
      requested_at: AT,
      finished_at: null,
    };
    const answers: ChannelTest[] = [test, { ...test, state: "refused", response: "HTTP 404: no_service" }];
    server.use(
      http.post("*/notifications/channels/soc/test", () => HttpResponse.json(test, { status: 202 })),
      http.get(`*/notifications/tests/${TEST_ID}`, () => HttpResponse.json(answers.shift() ?? answers.at(-1) ?? test)),
    );
    renderApp("/notifications");

    await person.click((await channel("soc")).getByRole("button", { name: "Test" }));

    const result = (await channel("soc")).getByRole("status", { name: "Test of soc" });
    await waitFor(() => expect(result).toHaveTextContent("Not accepted: HTTP 404: no_service"), { timeout: 10_000 });
  });

  it("retries a failed message and says why it may not", async () => {
    const person = userEvent.setup();
    messages = [
      aMessage({ state: "failed", response: "HTTP 410: gone", findings: 12, finding_id: null, kind: "digest" }),
      aMessage({ id: TEST_ID }),
    ];
    const detail = "The message has not failed: it is pending.";
    server.use(
      http.post("*/notifications/messages/*/retry", () => HttpResponse.json(aProblem(409, detail), { status: 409 })),
    );
    renderApp("/notifications");

    expect(await screen.findByText("HTTP 410: gone")).toBeInTheDocument();
    expect(screen.getByText("12 findings")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "Finding 7" })).toHaveAttribute("href", "/app/findings/7");
    await person.click(screen.getByRole("button", { name: "Retry" }));
    expect(await screen.findByText(detail)).toBeInTheDocument();

    await person.click(screen.getByRole("button", { name: "Failed" }));
    await waitFor(() => expect(screen.queryByText("HTTP 200: ok")).toBeNull());
  });

  it("offers neither tests nor retries without the scope", async () => {
    const scopes = anAccount().scopes.filter((scope) => scope !== "notifications:write");
    server.use(http.get("*/account", () => HttpResponse.json(anAccount({ scopes }))));
    messages = [aMessage({ state: "failed" })];
    renderApp("/notifications");

    await channel("soc");
    expect(screen.queryByRole("button", { name: "Test" })).toBeNull();
    expect(screen.queryByRole("button", { name: "Retry" })).toBeNull();
  });
});
