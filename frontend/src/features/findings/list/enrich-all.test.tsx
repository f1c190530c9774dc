import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";

import type { EnrichmentJob } from "@/lib/api/enrichments";
import { aFinding, aPage, noFacets } from "@/testing/builders";
import { server } from "@/testing/server";
import { renderApp } from "@/testing/render-app";

import { currentJob } from "./current-job";

function aJob(with_: Partial<EnrichmentJob> = {}): EnrichmentJob {
  return {
    id: "j1",
    state: "running",
    total: 40,
    done: 10,
    failed: 0,
    started_at: "2026-11-20T12:00:00Z",
    finished_at: null,
    ...with_,
  };
}

let job = aJob();

beforeEach(() => {
  job = aJob();
  currentJob.set(null);
  server.use(
    http.get("*/findings", () => HttpResponse.json(aPage([aFinding()]))),
    http.get("*/findings/facets", () => HttpResponse.json(noFacets())),
    http.post("*/enrichments", () => HttpResponse.json(job, { status: 202 })),
    http.get("*/enrichments/j1", () => HttpResponse.json(job)),
    http.delete("*/enrichments/j1", () => {
      job = aJob({ state: "cancelled", done: 12, failed: 1 });
      return HttpResponse.json(job);
    }),
  );
});

describe("enriching everything", () => {
  it("shows its progress and its result", async () => {
    renderApp("/findings");
    await userEvent.click(await screen.findByRole("button", { name: "Enrich All with AI" }));
    expect(await screen.findByText("10 of 40 enriched")).toBeInTheDocument();
    expect(screen.getByRole("progressbar")).toHaveAttribute("value", "10");

    job = aJob({ state: "done", done: 40 });
    expect(await screen.findByText("Enriched 40 findings.")).toBeInTheDocument();
    expect(await screen.findByRole("button", { name: "Enrich All with AI" })).toBeInTheDocument();
  });

  it("can be cancelled", async () => {
    renderApp("/findings");
    await userEvent.click(await screen.findByRole("button", { name: "Enrich All with AI" }));
    await userEvent.click(await screen.findByRole("button", { name: "Cancel" }));

    expect(await screen.findByText(/Cancelled after 12 findings; 1 finding failed/)).toBeInTheDocument();
  });

  it("is still shown after a reload", async () => {
    currentJob.set("j1");
    renderApp("/findings");

    expect(await screen.findByText("10 of 40 enriched")).toBeInTheDocument();
  });

  it("drops a job that no longer exists", async () => {
    server.use(http.get("*/enrichments/j1", () => new HttpResponse(null, { status: 404 })));
    currentJob.set("j1");
    renderApp("/findings");

    await waitFor(() => expect(screen.getByRole("button", { name: "Enrich All with AI" })).toBeInTheDocument());
  });

  it("explains why it did not start", async () => {
    server.use(
      http.post("*/enrichments", () => HttpResponse.json({ detail: "Can't reach the database." }, { status: 503 })),
    );
    renderApp("/findings");
    await userEvent.click(await screen.findByRole("button", { name: "Enrich All with AI" }));

    expect(await screen.findByText("The job did not start: Can't reach the database.")).toBeInTheDocument();
  });
});
