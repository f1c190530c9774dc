import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { respond, failWith, neverRespond } from "@/testing/api";
import { aDeadLetter, aPipeline } from "@/testing/builders";
import { renderApp } from "@/testing/render-app";

function open() {
  renderApp("/pipeline");
  return userEvent.setup();
}
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
  respond("/dead-letters", { items: [aDeadLetter()], next: null });
  open();
  expect(await screen.findByText("The database is on fire.")).toBeInTheDocument();
  expect(await screen.findByText("timestamp is missing")).toBeInTheDocument();
});

it("explains how to get data when there is none", async () => {
  respond("/pipeline", aPipeline({ sources: [], dead_letters: { total: 0 } }));
  respond("/dead-letters", { items: [], next: null });
  open();
  expect(await screen.findByText("No sources yet")).toBeInTheDocument();
  expect(await screen.findByText("No dead letters")).toBeInTheDocument();
});

it("shows the lag and the consumer of each partition", async () => {
  respond("/pipeline", aPipeline());
  respond("/dead-letters", { items: [], next: null });
  open();
  const partitions = within(await screen.findByRole("region", { name: "Partitions of events.raw" }));
  const [, first, second] = partitions.getAllByRole("row");
  expect(first).toHaveTextContent("0793100Consumer 1");
  expect(second).toHaveTextContent("10–0None");
  expect(screen.getByText("7 behind")).toBeInTheDocument();
});

it("explains why Kafka is unreachable, and that no consumer is running", async () => {
  const reason = "Kafka is unreachable at 127.0.0.1:9092";
  const group = { ...aPipeline().groups[0], workers: [] } as NonNullable<ReturnType<typeof aPipeline>["groups"][0]>;
  respond("/pipeline", aPipeline({ kafka: { reachable: false, reason }, lag: null, groups: [group] }));
  respond("/dead-letters", { items: [], next: null });
  open();
  expect(await screen.findByText(reason)).toBeInTheDocument();
  expect(screen.getByText(/No consumer is running/)).toBeInTheDocument();
});

it("retries a dead letter after confirmation", async () => {
  respond("/pipeline", aPipeline());
  respond("/dead-letters", { items: [aDeadLetter()], next: null });
  const user = open();
  await user.click(await screen.findByRole("button", { name: "Retry" }));
  const dialog = within(screen.getByRole("dialog", { name: "Retry this event?" }));

  respond(REPLAY, { partition: 0, offset: 4, topic: "events.raw" }, { on: "post", status: 202 });
  await user.click(dialog.getByRole("button", { name: "Retry" }));

  expect(await screen.findByText(/Sent to events.raw/)).toBeInTheDocument();
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  expect(await screen.findByText("Retried")).toBeInTheDocument();
});

it("explains in the dialog why a retry failed", async () => {
  respond("/pipeline", aPipeline());
  respond("/dead-letters", { items: [aDeadLetter()], next: null });
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
  respond("/dead-letters", { items: [aDeadLetter({ payload: "<img src=x>", size: 5000 })], next: null });
  const user = open();
  await user.click(await screen.findByText("Payload, 5,000 bytes"));
  expect(screen.getByText("<img src=x>")).toBeVisible();
  expect(screen.getByText("Only the first 11 characters are shown.")).toBeVisible();
});
