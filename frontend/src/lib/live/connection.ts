import { type Frame, FRAME_KINDS, readFrame } from "./frames";
import type { Change } from "./reducer";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
/** The API sends a heartbeat every 15 s; after this long without any frame the connection is dead. */
const SILENCE_MS = 40_000;
/** Frames are handed on together, so that a burst of a thousand paints a few times and not a thousand. */
const GATHER_MS = 100;
/** A hidden window lets its connection go after this long: browsers allow six to an origin, for all windows together. */
const HIDDEN_MS = 60_000;

/** Keeps one connection to `/stream`, and goes on from the last position after each loss. */
export class Connection {
  #source: EventSource | null = null;
  #position: string | null = null;
  #gathered: Frame[] = [];
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #hidden: ReturnType<typeof setTimeout> | undefined;
  #waitMs = FIRST_WAIT_MS;
  #wanted = false;

  constructor(private readonly tell: (change: Change) => void) {
    document.addEventListener("visibilitychange", this.#seen);
    window.addEventListener("online", this.retryNow);
  }

  /** Connects, to hear everything after `position`; null: everything from now on. */
  start(position: string | null): void {
    this.stop();
    this.#wanted = true;
    this.#position = position;
    this.tell({ kind: "started", position });
    this.#open();
  }

  /** Ends the connection; frames not yet handed on are dropped. */
  stop(): void {
    this.#wanted = false;
    this.#close();
    clearTimeout(this.#retry);
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#gathered = [];
  }

  /** Tries at once instead of after the wait. */
  readonly retryNow = (): void => {
    if (!this.#wanted || this.#source) return;
    clearTimeout(this.#retry);
    this.#open();
  };

  #open(): void {
    const url = new URL("/stream", window.location.origin);
    if (this.#position !== null) url.searchParams.set("after", this.#position);
    const source = new EventSource(url);
    this.#source = source;
    this.#listenForSilence();
    source.onopen = () => {
      this.#waitMs = FIRST_WAIT_MS;
      this.tell({ kind: "opened" });
    };
    // the browser's own reconnecting gives up on the first answer that is not 200, so it is not relied on
    source.onerror = () => this.#lost();
    for (const kind of FRAME_KINDS)
      source.addEventListener(kind, (message: MessageEvent<string>) => this.#take(kind, message));
  }

  #take(kind: Frame["kind"], message: MessageEvent<string>): void {
    this.#listenForSilence();
    const frame = readFrame(kind, message.data, message.lastEventId);
    if (!frame) return;
    if (frame.position) this.#position = frame.position;
    this.#gathered.push(frame);
    if (kind === "resync") this.#handOn();
    else this.#gathering ??= setTimeout(() => this.#handOn(), GATHER_MS);
  }

  #handOn(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const frames = this.#gathered;
    this.#gathered = [];
    if (frames.some((frame) => frame.kind === "resync")) this.stop();
    if (frames.length > 0) this.tell({ kind: "frames", frames, at: Date.now() });
  }

  #lost(): void {
    this.#close();
    if (this.#gathered.length > 0) this.#handOn();
    if (!this.#wanted) return;
    this.tell({ kind: "lost" });
    // windows that lost the API together do not come back together
    const wait = this.#waitMs * (0.5 + Math.random() / 2);
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), wait);
  }

  #close(): void {
    clearTimeout(this.#silence);
    this.#source?.close();
    this.#source = null;
  }

  #listenForSilence(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), SILENCE_MS);
  }

  readonly #seen = (): void => {
    clearTimeout(this.#hidden);
    if (document.visibilityState === "hidden") {
      this.#hidden = setTimeout(() => {
        clearTimeout(this.#retry);
        this.#close();
      }, HIDDEN_MS);
    } else this.retryNow();
  };
}
