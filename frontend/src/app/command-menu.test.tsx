import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import { address, failWith, respond } from "@/testing/api";
import { aFinding, aPage, aPipeline, aRule, aUser, eventDetails } from "@/testing/builders";
import { renderApp } from "@/testing/render-app";

const NOTHING = { findings: [], users: [], rules: [], events: [] };

const MONA = {
  ...NOTHING,
  findings: [aFinding({ id: 7 })],
  users: [aUser()],
  rules: [aRule({ title: "Rule about mona" })],
};

const EVENT = {
  ...NOTHING,
  events: [
    {
      id: 4711,
      event_uid: "8c24d7a3-4b1a-5b4c-9a43-2f8f2a3d1c55",
      source: "my-app",
      source_event_id: "evt-1",
      event_type: "storage_bucket_permission_changed",
      user: "mona@example.com",
      timestamp: "2026-11-20T12:00:00Z",
    },
  ],
};

beforeEach(() => {
  respond("/pipeline", aPipeline());
  respond("/dead-letters", { items: [], next: null, counts: { open: 0, retried: 0, dismissed: 0 } });
  respond(
    "/search",
    (url) => ({ mona: MONA, "4711": EVENT, "evt-1": EVENT })[url.searchParams.get("q") ?? ""] ?? NOTHING,
  );
  respond("/findings", aPage([]));
  respond("/users", { items: [], next: null });
  respond("/users/{user}", { ...aUser(), sources: [], event_types: [], findings_by_severity: {} } as never);
  respond("/rules", []);
  respond("/events/{event_id}", eventDetails({ id: 4711 }));
});

async function open() {
  renderApp("/pipeline");
  await screen.findByRole("heading", { name: "Pipeline" });
  await userEvent.keyboard("{Control>}k{/Control}");
  return screen.findByRole("combobox");
}

describe("the command menu", () => {
  it("finds findings, users and rules by text", async () => {
    await userEvent.type(await open(), "mona");

    expect(await screen.findByRole("option", { name: /Public storage bucket/ })).toBeInTheDocument();
    expect(screen.getByRole("option", { name: /mona@example.com3 findings/ })).toBeInTheDocument();
    expect(screen.getByRole("option", { name: /Rule about mona/ })).toBeInTheDocument();
    expect(screen.queryByRole("option", { name: /Event/ })).toBeNull();
  });

  it.each(["4711", "evt-1"])("finds an event by its id %s, and opens it with the keyboard", async (id) => {
    await userEvent.type(await open(), id);
    await screen.findByRole("option", { name: /Event 4711: storage bucket permission changed/ });
    await userEvent.keyboard("{Enter}");

    await waitFor(() => expect(address()).toBe("/events?event=4711"));
  });

  it("finds events by a fact", async () => {
    respond("/events", []);
    await userEvent.type(await open(), "environment: production");
    await userEvent.click(await screen.findByRole("option", { name: /Events with environment: production/ }));

    await waitFor(() => expect(decodeURIComponent(address())).toBe("/events?fact=environment:production"));
  });

  it("runs commands, and still does when the search fails", async () => {
    failWith("/search", 503, "The database is unreachable.");
    await userEvent.type(await open(), "go over");
    await screen.findByRole("option", { name: /Overview/ });
    await userEvent.keyboard("{Enter}");

    await waitFor(() => expect(address()).toBe("/"));
  });
});
