import { type Frame, FRAME_KINDS, readFrame } from "./frames";
import type { Change } from "./reducer";

const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 15_000;
/** The API's heartbeat interval, until the first heartbeat states it. */
const DEFAULT_HEARTBEAT_MS = 5000;
/** Heartbeats that may be missed before the connection counts as dead, and what a slow network may add. */
const MISSED_HEARTBEATS = 2;
const GRACE_MS = 1500;
/** Frames are dispatched in batches, so that a burst of a thousand frames renders a few times and not a thousand. */
const FLUSH_MS = 100;
/** A hidden window closes its connection after this time: browsers allow six per origin, across all windows. */
const HIDDEN_MS = 60_000;

/** One connection to `/stream`, reopened with backoff from the last position after each loss. */
export class Connection {
  #source: EventSource | null = null;
  #position: string | null = null;
  #buffer: Frame[] = [];
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  #waitMs = FIRST_WAIT_MS;
  #heartbeatMs = DEFAULT_HEARTBEAT_MS;
  #enabled = false;

  constructor(private readonly dispatch: (change: Change) => void) {
    document.addEventListener("visibilitychange", this.#onVisibilityChange);
    window.addEventListener("online", this.retryNow);
  }

  /** Connects and receives everything after `position`; null: everything from now on. */
  start(position: string | null): void {
    this.stop();
    this.#enabled = true;
    this.#heartbeatMs = DEFAULT_HEARTBEAT_MS;
    this.#position = position;
    this.dispatch({ kind: "started", position });
    this.#open();
  }

  /** Closes the connection; buffered frames are dropped. */
  stop(): void {
    this.#enabled = false;
    this.#close();
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#buffer = [];
  }

  /** Reconnects at once instead of after the backoff. */
  readonly retryNow = (): void => {
    if (!this.#enabled || this.#source) return;
    clearTimeout(this.#retryTimer);
    this.#open();
  };

  #open(): void {
    const url = new URL("/stream", window.location.origin);
    if (this.#position !== null) url.searchParams.set("after", this.#position);
    const source = new EventSource(url);
    this.#source = source;
    this.#resetWatchdog();
    source.onopen = () => {
      this.#waitMs = FIRST_WAIT_MS;
      this.dispatch({ kind: "opened" });
    };
    // the browser's own reconnecting gives up on the first response that is not 200, so it is not relied on
    source.onerror = () => this.#onLost();
    for (const kind of FRAME_KINDS)
      source.addEventListener(kind, (message: MessageEvent<string>) => this.#onMessage(kind, message));
  }

  #onMessage(kind: Frame["kind"], message: MessageEvent<string>): void {
    const frame = readFrame(kind, message.data, message.lastEventId);
    if (frame?.kind === "heartbeat" && frame.intervalMs !== null) this.#heartbeatMs = frame.intervalMs;
    this.#resetWatchdog();
    if (!frame) return;
    if (frame.position) this.#position = frame.position;
    this.#buffer.push(frame);
    if (kind === "resync") this.#flush();
    else this.#flushTimer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    const frames = this.#buffer;
    this.#buffer = [];
    if (frames.some((frame) => frame.kind === "resync")) this.stop();
    if (frames.length > 0) this.dispatch({ kind: "frames", frames, at: Date.now() });
  }

  #onLost(): void {
    this.#close();
    if (this.#buffer.length > 0) this.#flush();
    if (!this.#enabled) return;
    this.dispatch({ kind: "lost" });
    // windows that lost the API at the same moment must not reconnect at the same moment
    const wait = this.#waitMs * (0.5 + Math.random() / 2);
    this.#waitMs = Math.min(this.#waitMs * 2, MAX_WAIT_MS);
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#open(), wait);
  }

  #close(): void {
    clearTimeout(this.#watchdog);
    this.#source?.close();
    this.#source = null;
  }

  #resetWatchdog(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#onLost(), MISSED_HEARTBEATS * this.#heartbeatMs + GRACE_MS);
  }

  readonly #onVisibilityChange = (): void => {
    clearTimeout(this.#hiddenTimer);
    if (document.visibilityState === "hidden") {
      this.#hiddenTimer = setTimeout(() => {
        clearTimeout(this.#retryTimer);
        this.#close();
      }, HIDDEN_MS);
    } else this.retryNow();
  };
}
