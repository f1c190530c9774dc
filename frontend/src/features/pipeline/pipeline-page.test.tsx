import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";

import { answers, fails, hangs } from "@/testing/api";
import { aDeadLetter, aPipeline } from "@/testing/builders";
import { show } from "@/testing/show";

function open() {
  show("/pipeline");
  return userEvent.setup();
}
const REPLAY = "/dead-letters/{partition}/{offset}/replay";

it("holds the place of what loads", async () => {
  hangs("/pipeline");
  hangs("/dead-letters");
  open();
  expect(await screen.findByRole("status", { name: "Loading the pipeline" })).toBeInTheDocument();
  expect(screen.getByRole("status", { name: "Loading dead letters" })).toBeInTheDocument();
});

it("says what failed, part by part", async () => {
  fails("/pipeline", 500, "The database is on fire.");
  answers("/dead-letters", { items: [aDeadLetter()], next: null });
  open();
  expect(await screen.findByText("The database is on fire.")).toBeInTheDocument();
  expect(await screen.findByText("timestamp is missing")).toBeInTheDocument();
});

it("says how to get data when there is none", async () => {
  answers("/pipeline", aPipeline({ sources: [], dead_letters: { total: 0 } }));
  answers("/dead-letters", { items: [], next: null });
  open();
  expect(await screen.findByText("No source has sent anything yet")).toBeInTheDocument();
  expect(await screen.findByText("Nothing was refused")).toBeInTheDocument();
});

it("shows how far each partition is and who reads it", async () => {
  answers("/pipeline", aPipeline());
  answers("/dead-letters", { items: [], next: null });
  open();
  const partitions = within(await screen.findByRole("region", { name: "Partitions of events.raw" }));
  const [, first, second] = partitions.getAllByRole("row");
  expect(first).toHaveTextContent("0793100Worker 1");
  expect(second).toHaveTextContent("10–0Nobody");
  expect(screen.getByText("7 waiting")).toBeInTheDocument();
});

it("says why Kafka does not answer, and that nobody reads", async () => {
  const reason = "Kafka does not answer at 127.0.0.1:9092";
  const group = { ...aPipeline().groups[0], workers: [] } as NonNullable<ReturnType<typeof aPipeline>["groups"][0]>;
  answers("/pipeline", aPipeline({ kafka: { reachable: false, reason }, lag: null, groups: [group] }));
  answers("/dead-letters", { items: [], next: null });
  open();
  expect(await screen.findByText(reason)).toBeInTheDocument();
  expect(screen.getByText(/No worker reads this topic/)).toBeInTheDocument();
});

it("sends a dead letter again once that is confirmed, and says so", async () => {
  answers("/pipeline", aPipeline());
  answers("/dead-letters", { items: [aDeadLetter()], next: null });
  const user = open();
  await user.click(await screen.findByRole("button", { name: "Send again" }));
  const dialog = within(screen.getByRole("dialog", { name: "Send this letter again?" }));

  answers(REPLAY, { partition: 0, offset: 4, topic: "events.raw" }, { on: "post", status: 202 });
  await user.click(dialog.getByRole("button", { name: "Send again" }));

  expect(await screen.findByText(/Sent to events.raw/)).toBeInTheDocument();
  expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
  expect(await screen.findByText("Sent again")).toBeInTheDocument();
});

it("says in the dialog why a letter could not be sent", async () => {
  answers("/pipeline", aPipeline());
  answers("/dead-letters", { items: [aDeadLetter()], next: null });
  fails(REPLAY, 503, "Kafka does not answer.", "post");
  const user = open();
  await user.click(await screen.findByRole("button", { name: "Send again" }));
  const dialog = within(screen.getByRole("dialog"));
  await user.click(dialog.getByRole("button", { name: "Send again" }));
  expect(await dialog.findByText("Kafka does not answer.")).toBeInTheDocument();
  expect(dialog.getByText("request-of-test")).toBeInTheDocument();
});

it("shows a payload as text", async () => {
  answers("/pipeline", aPipeline());
  answers("/dead-letters", { items: [aDeadLetter({ payload: "<img src=x>", size: 5000 })], next: null });
  const user = open();
  await user.click(await screen.findByText("Payload, 5,000 bytes"));
  expect(screen.getByText("<img src=x>")).toBeVisible();
  expect(screen.getByText("Only the first 11 characters are shown.")).toBeVisible();
});
