import "@testing-library/jest-dom/vitest";

import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";

import { live } from "@/lib/live/store";

import { FakeEventSource } from "./fake-event-source";
import { server } from "./server";

// jsdom has no layout; virtualized lists need a viewport of some size
Object.defineProperties(Element.prototype, {
  clientHeight: { configurable: true, value: 800 },
  clientWidth: { configurable: true, value: 1200 },
});
HTMLElement.prototype.scrollTo = () => undefined;
HTMLElement.prototype.scrollIntoView = () => undefined;
window.scrollTo = () => undefined;
globalThis.ResizeObserver = class {
  observe() {}
  unobserve() {}
  disconnect() {}
};
window.matchMedia = (query) =>
  ({ matches: false, media: query, addEventListener() {}, removeEventListener() {} }) as unknown as MediaQueryList;
globalThis.EventSource = FakeEventSource as unknown as typeof EventSource;

// pages load on first use, and the whole document is no help in a message
configure({ asyncUtilTimeout: 15_000, getElementError: (message) => new Error(message ?? "not found") });

beforeAll(() => server.listen({ onUnhandledFrame: "error" }));
beforeEach(() => {
  localStorage.clear();
  FakeEventSource.all.length = 0;
});
afterEach(() => {
  cleanup();
  live.reset();
  server.resetHandlers();
});
afterAll(() => server.close());
