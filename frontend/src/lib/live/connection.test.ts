import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { aFinding } from "@/testing/builders";
import { FakeEventSource } from "@/testing/fake-event-source";

import { loadLive } from "./load-live";
import { live } from "./store";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const list = (position: string) => loadLive(() => Promise.resolve({ position }));

describe("the connection to the stream", () => {
  it("starts from the position that the first list was loaded at", async () => {
    await list("3~4");

    expect(FakeEventSource.all).toHaveLength(1);
    expect(FakeEventSource.last.after).toBe("3~4");
    expect(live.get().status).toBe("connecting");
    FakeEventSource.last.onopen?.();
    expect(live.get().status).toBe("live");
  });

  it("dispatches frames in batches, in their order", async () => {
    await list("0");
    FakeEventSource.last.send("finding", aFinding({ version: 2 }), "1");
    FakeEventSource.last.send("finding", aFinding({ version: 1 }), "2");
    expect(live.get().revision).toBe(0);
    vi.advanceTimersByTime(100);

    expect(live.get()).toMatchObject({ revision: 1, position: "2", status: "live" });
  });

  it("skips a malformed frame", async () => {
    await list("0");
    FakeEventSource.last.dispatchEvent(new MessageEvent("finding", { data: "{half", lastEventId: "1" }));
    FakeEventSource.last.send("finding", aFinding(), "2");
    vi.advanceTimersByTime(100);

    expect(live.get()).toMatchObject({ revision: 1, position: "2" });
  });

  it("reconnects from the last position after each loss, with growing backoff", async () => {
    await list("0");
    FakeEventSource.last.send("heartbeat", {}, "5");
    FakeEventSource.last.onerror?.();
    expect(live.get().status).toBe("reconnecting");
    expect(FakeEventSource.all[0]?.closed).toBe(true);

    vi.advanceTimersByTime(500);
    expect(FakeEventSource.all).toHaveLength(2);
    expect(FakeEventSource.last.after).toBe("5");

    FakeEventSource.last.onerror?.();
    vi.advanceTimersByTime(499);
    expect(FakeEventSource.all).toHaveLength(2);
    vi.advanceTimersByTime(501);
    expect(FakeEventSource.all).toHaveLength(3);
  });

  it("reconnects at once on request", async () => {
    await list("0");
    FakeEventSource.last.onerror?.();
    live.retryNow();

    expect(FakeEventSource.all).toHaveLength(2);
    live.retryNow();
    expect(FakeEventSource.all).toHaveLength(2);
  });

  it("is reconnecting after two missed heartbeats", async () => {
    await list("0");
    FakeEventSource.last.onopen?.();
    vi.advanceTimersByTime(11_000);
    FakeEventSource.last.send("heartbeat", { interval_s: 5, missing: [] }, "1");
    vi.advanceTimersByTime(11_000);
    expect(live.get().status).toBe("live");
    vi.advanceTimersByTime(600);

    expect(live.get().status).toBe("reconnecting");
  });

  it("waits for heartbeats for the interval that the API states", async () => {
    await list("0");
    FakeEventSource.last.send("heartbeat", { interval_s: 30 }, "1");
    vi.advanceTimersByTime(61_000);
    expect(live.get().status).toBe("live");
    vi.advanceTimersByTime(1000);

    expect(live.get().status).toBe("reconnecting");
  });

  it("stays reconnecting while the API accepts connections but sends nothing", async () => {
    await list("0");
    FakeEventSource.last.onopen?.();
    vi.advanceTimersByTime(60_000);

    expect(FakeEventSource.all.length).toBeGreaterThan(2);
    expect(live.get().status).toBe("reconnecting");
  });

  it("stops at a resync, and starts over from the list that is loaded next", async () => {
    await list("0");
    FakeEventSource.last.send("resync", { reason: "too old" }, "9");
    expect(live.get()).toMatchObject({ status: "off", epoch: 1 });
    vi.advanceTimersByTime(60_000);
    expect(FakeEventSource.all).toHaveLength(1);

    await list("20");
    expect(FakeEventSource.last.after).toBe("20");
  });

  it("closes a hidden window's connection, and reconnects when the window is shown again", async () => {
    const visible = vi.spyOn(document, "visibilityState", "get");
    await list("0");
    FakeEventSource.last.send("heartbeat", {}, "8");
    visible.mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    for (let seconds = 0; seconds < 60; seconds += 5) {
      vi.advanceTimersByTime(5000);
      FakeEventSource.last.send("heartbeat", {}, "8");
    }
    expect(FakeEventSource.all[0]?.closed).toBe(true);

    visible.mockReturnValue("visible");
    document.dispatchEvent(new Event("visibilitychange"));
    expect(FakeEventSource.all).toHaveLength(2);
    expect(FakeEventSource.last.after).toBe("8");
  });
});

describe("a list loaded while the stream starts", () => {
  it("is loaded again when another list started the stream meanwhile", async () => {
    let respond: (page: { position: string }) => void = () => undefined;
    const load = vi.fn<() => Promise<{ position: string }>>();
    load.mockImplementationOnce(() => new Promise((resolve) => (respond = resolve)));
    load.mockResolvedValueOnce({ position: "9" });

    const slow = loadLive(load);
    await list("7");
    respond({ position: "5" });

    expect((await slow).position).toBe("9");
    expect(load).toHaveBeenCalledTimes(2);
    expect(FakeEventSource.all).toHaveLength(1);
  });

  it("is loaded once when the stream was already running", async () => {
    await list("7");
    const load = vi.fn(() => Promise.resolve({ position: "8" }));
    await loadLive(load);

    expect(load).toHaveBeenCalledTimes(1);
  });
});
