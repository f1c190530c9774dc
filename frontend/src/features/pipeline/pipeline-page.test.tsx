import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { expect, it } from "vitest";

import { respond, failWith, neverRespond } from "@/testing/api";
import { aDeadLetter, anAccount, aPipeline } from "@/testing/builders";
import { renderApp } from "@/testing/render-app";
import { server } from "@/testing/server";

function open() {
  renderApp("/pipeline");
  return userEvent.setup();
}
const pageOf = (...items: ReturnType<typeof aDeadLetter>[]) => ({
  items,
  next: null,
  counts: { open: items.length, retried: 0, dismissed: 1 },
});
const REPLAY = "/dead-letters/{partition}/{offset}/replay";

it("shows placeholders while it loads", async () => {
  neverRespond("/pipeline");
  neverRespond("/dead-letters");
  open();
  expect(await screen.findByRole("status", { name: "Loading the pipeline" })).toBeInTheDocument();
  expect(screen.getByRole("status", { name: "Loading dead letters" })).toBeInTheDocument();
});

it("explains failures part by part", async () => {
  failWith("/pipeline", 500, "The database is on fire.");
  respond("/dead-letters", pageOf(aDeadLetter()));
  open();
  expect(await screen.findByText("The database is on fire.")).toBeInTheDocument();
  expect(await screen.findByText("timestamp is missing")).toBeInTheDocument();
});

it("explains how to get data when there is none", async () => {
  respond("/pipeline", aPipeline({ sources: [], dead_letters: { total: 0 } }));
  respond("/dead-letters", pageOf());
  open();
  expect(await screen.findByText("No sources yet")).toBeInTheDocument();
  expect(await screen.findByText("No dead letters")).toBeInTheDocument();
});

it("shows the lag and the consumer of each partition", async () => {
  respond("/pipeline", aPipeline());
  respond("/dead-letters", pageOf());
  open();
  const partitions = within(await screen.findByRole("region", { name: "Partitions of events.raw" }));
  const [, first, second] = partitions.getAllByRole("row");
  expect(first).toHaveTextContent("0793100Consumer 1");
  expect(second).toHaveTextContent("10–0None");
  expect(screen.getByText("7 behind")).toBeInTheDocument();
});

it("shows a restricted account nothing that concerns all sources", async () => {
  server.use(
    http.get("*/account", () =>
      HttpResponse.json(anAccount({ role: "viewer", sources: ["okta"], scopes: ["findings:read", "pipeline:read"] })),
    ),
  );
  respond("/pipeline", aPipeline({ groups: [], lag: null, dead_letters: { total: null } }));
  open();
  expect(await screen.findByText("Events per second")).toBeInTheDocument();
  expect(screen.queryByText("Backlog")).not.toBeInTheDocument();
  expect(screen.queryByText("Dead letters")).not.toBeInTheDocument();
  const navigation = within(screen.getByRole("navigation", { name: "Pages" }));
  expect(navigation.getByRole("link", { name: "Findings" })).toBeInTheDocument();
  expect(navigation.queryByRole("link", { name: "Exceptions" })).not.toBeInTheDocument();
  expect(navigation.queryByRole("link", { name: "Sources" })).not.toBeInTheDocument();
});

it("explains why Kafka is unreachable, and that no consumer is running", async () => {
  const reason = "Kafka is unreachable at 127.0.0.1:9092";
  const group = { ...aPipeline().groups[0], workers: [] } as NonNullable<ReturnType<typeof aPipeline>["groups"][0]>;
  respond("/pipeline", aPipeline({ kafka: { reachable: false, reason }, lag: null, groups: [group] }));
  respond("/dead-letters", pageOf());
  open();
  expect(await screen.findByText(reason)).toBeInTheDocument();
  expect(screen.getByText(/No consumer is running/)).toBeInTheDocument();
});

it("retries a dead letter after confirmation", async () => {
  respond("/pipeline", aPipeline());
  respond("/dead-letters", pageOf(aDeadLetter()));
  const user = open();
  await user.click(await screen.findByRole("button", { name: "Retry" }));
  const dialog = within(screen.getByRole("dialog", { name: "Retry this event?" }));

  respond(REPLAY, { partition: 0, offset: 4, topic: "events.raw" }, { on: "post", status: 202 });
  await user.click(dialog.getByRole("button", { name: "Retry" }));

  expect(await screen.findByText(/Sent to events.raw/)).toBeInTheDocument();
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
});

it("dismisses a dead letter with a reason, and reopens it", async () => {
  const action = { kind: "dismissed", actor: "local", at: "2026-11-20T12:00:00Z", reason: "test data" } as const;
  const dismissed = aDeadLetter({ state: "dismissed", action });
  const requests: unknown[] = [];
  respond("/pipeline", aPipeline());
  respond("/dead-letters", (url) => pageOf(url.searchParams.get("state") === "dismissed" ? dismissed : aDeadLetter()));
  const user = open();
  // a toast of another test has a button of this name too
  const item = (await screen.findByText("timestamp is missing")).closest("li") as HTMLElement;
  await user.click(within(item).getByRole("button", { name: "Dismiss" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Dismiss this dead letter?" }));
  expect(dialog.getByRole("button", { name: "Dismiss" })).toBeDisabled();
  respond("/dead-letters/{partition}/{offset}/dismiss", (url) => (requests.push(url.pathname), dismissed), {
    on: "post",
  });
  await user.type(dialog.getByLabelText("Reason"), "test data");
  await user.click(dialog.getByRole("button", { name: "Dismiss" }));
  expect(await screen.findByText("Dead letter dismissed.")).toBeInTheDocument();

  await user.click(screen.getByRole("button", { name: /^Dismissed/ }));
  expect(await screen.findByText(/Dismissed by local/)).toHaveTextContent("test data");
  respond("/dead-letters/{partition}/{offset}/reopen", (url) => (requests.push(url.pathname), aDeadLetter()), {
    on: "post",
  });
  await user.click(screen.getByRole("button", { name: "Reopen" }));
  await waitFor(() => expect(requests).toEqual(["/dead-letters/0/4/dismiss", "/dead-letters/0/4/reopen"]));
});

it("explains in the dialog why a retry failed", async () => {
  respond("/pipeline", aPipeline());
  respond("/dead-letters", pageOf(aDeadLetter()));
  failWith(REPLAY, 503, "Kafka is unreachable.", "post");
  const user = open();
  await user.click(await screen.findByRole("button", { name: "Retry" }));
  const dialog = within(screen.getByRole("dialog"));
  await user.click(dialog.getByRole("button", { name: "Retry" }));
  expect(await dialog.findByText("Kafka is unreachable.")).toBeInTheDocument();
  expect(dialog.getByText("request-of-test")).toBeInTheDocument();
});

it("shows a payload as text", async () => {
  respond("/pipeline", aPipeline());
  respond("/dead-letters", pageOf(aDeadLetter({ payload: "<img src=x>", size: 5000 })));
  const user = open();
  await user.click(await screen.findByText("Payload, 5,000 bytes"));
  expect(screen.getByText("<img src=x>")).toBeVisible();
  expect(screen.getByText("Only the first 11 characters are shown.")).toBeVisible();
});
