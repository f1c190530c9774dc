import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import { address, failWith, respond } from "@/testing/api";
import { aFinding, aPage, aPipeline, aRule, aUser, eventDetails } from "@/testing/builders";
import { renderApp } from "@/testing/render-app";

beforeEach(() => {
  respond("/pipeline", aPipeline());
  respond("/dead-letters", { items: [], next: null, counts: { open: 0, retried: 0, dismissed: 0 } });
  respond("/findings", (url) => aPage(url.searchParams.get("q") === "mona" ? [aFinding({ id: 7 })] : []));
  respond("/users", (url) => ({ items: url.searchParams.get("q") === "mona" ? [aUser()] : [], next: null }));
  respond("/users/{user}", { ...aUser(), sources: [], event_types: [], findings_by_severity: {} } as never);
  respond("/rules", [aRule({ title: "Rule about mona" }), aRule({ rule_id: "2", rule_name: "other", title: "Other" })]);
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
    expect(screen.queryByRole("option", { name: /Other/ })).toBeNull();
    expect(screen.queryByRole("option", { name: /Event/ })).toBeNull();
  });

  it("finds an event by its id, and opens it with the keyboard", async () => {
    await userEvent.type(await open(), "4711");
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
    failWith("/findings", 503, "The database is unreachable.");
    failWith("/users", 503, "The database is unreachable.");
    await userEvent.type(await open(), "go over");
    await screen.findByRole("option", { name: /Overview/ });
    await userEvent.keyboard("{Enter}");

    await waitFor(() => expect(address()).toBe("/"));
  });
});
