import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { aFinding } from "@/testing/builders";
import { FakeEventSource } from "@/testing/fake-event-source";

import { readLive } from "./read-live";
import { live } from "./store";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const list = (position: string) => readLive(() => Promise.resolve({ position }));

describe("the connection to the stream", () => {
  it("starts from the position that the first list was read at", async () => {
    await list("3~4");

    expect(FakeEventSource.all).toHaveLength(1);
    expect(FakeEventSource.last.after).toBe("3~4");
    expect(live.get().status).toBe("connecting");
    FakeEventSource.last.onopen?.();
    expect(live.get().status).toBe("live");
  });

  it("hands frames on together, in their order", async () => {
    await list("0");
    FakeEventSource.last.send("finding", aFinding({ version: 2 }), "1");
    FakeEventSource.last.send("finding", aFinding({ version: 1 }), "2");
    expect(live.get().mark).toBe(0);
    vi.advanceTimersByTime(100);

    expect(live.get()).toMatchObject({ mark: 1, position: "2", status: "live" });
  });

  it("survives a frame that cannot be read", async () => {
    await list("0");
    FakeEventSource.last.dispatchEvent(new MessageEvent("finding", { data: "{half", lastEventId: "1" }));
    FakeEventSource.last.send("finding", aFinding(), "2");
    vi.advanceTimersByTime(100);

    expect(live.get()).toMatchObject({ mark: 1, position: "2" });
  });

  it("goes on from the last position after each loss, waiting longer each time", async () => {
    await list("0");
    FakeEventSource.last.send("heartbeat", {}, "5");
    FakeEventSource.last.onerror?.();
    expect(live.get().status).toBe("lost");
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

  it("tries at once when asked to", async () => {
    await list("0");
    FakeEventSource.last.onerror?.();
    live.retryNow();

    expect(FakeEventSource.all).toHaveLength(2);
    live.retryNow();
    expect(FakeEventSource.all).toHaveLength(2);
  });

  it("takes long silence for a loss", async () => {
    await list("0");
    FakeEventSource.last.onopen?.();
    vi.advanceTimersByTime(39_000);
    FakeEventSource.last.send("heartbeat", {}, "1");
    vi.advanceTimersByTime(39_000);
    expect(live.get().status).toBe("live");
    vi.advanceTimersByTime(1000);

    expect(live.get().status).toBe("lost");
  });

  it("stops at a resync, and begins anew from the list that is read then", async () => {
    await list("0");
    FakeEventSource.last.send("resync", { reason: "too old" }, "9");
    expect(live.get()).toMatchObject({ status: "off", epoch: 1 });
    vi.advanceTimersByTime(60_000);
    expect(FakeEventSource.all).toHaveLength(1);

    await list("20");
    expect(FakeEventSource.last.after).toBe("20");
  });

  it("lets a hidden window's connection go, and goes on when it is looked at again", async () => {
    const visible = vi.spyOn(document, "visibilityState", "get");
    await list("0");
    FakeEventSource.last.send("heartbeat", {}, "8");
    visible.mockReturnValue("hidden");
    document.dispatchEvent(new Event("visibilitychange"));
    vi.advanceTimersByTime(30_000);
    FakeEventSource.last.send("heartbeat", {}, "8");
    vi.advanceTimersByTime(30_000);
    expect(FakeEventSource.all[0]?.closed).toBe(true);

    visible.mockReturnValue("visible");
    document.dispatchEvent(new Event("visibilitychange"));
    expect(FakeEventSource.all).toHaveLength(2);
    expect(FakeEventSource.last.after).toBe("8");
  });
});

describe("a list read while the stream starts", () => {
  it("is read once more when the stream was started from another list meanwhile", async () => {
    let answer: (page: { position: string }) => void = () => undefined;
    const read = vi.fn<() => Promise<{ position: string }>>();
    read.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)));
    read.mockResolvedValueOnce({ position: "9" });

    const slow = readLive(read);
    await list("7");
    answer({ position: "5" });

    expect((await slow).position).toBe("9");
    expect(read).toHaveBeenCalledTimes(2);
    expect(FakeEventSource.all).toHaveLength(1);
  });

  it("is read once when the stream was on before", async () => {
    await list("7");
    const read = vi.fn(() => Promise.resolve({ position: "8" }));
    await readLive(read);

    expect(read).toHaveBeenCalledTimes(1);
  });
});
