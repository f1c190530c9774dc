/** Stands for the browser's EventSource, which jsdom has not; a test opens, fails and feeds it by hand. */
export class FakeEventSource extends EventTarget {
  static readonly all: FakeEventSource[] = [];
  readonly url: URL;
  closed = false;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(url: string | URL) {
    super();
    this.url = new URL(url);
    FakeEventSource.all.push(this);
  }

  /** The connection that was made last. */
  static get last(): FakeEventSource {
    const found = FakeEventSource.all.at(-1);
    if (!found) throw new Error("nothing has connected to the stream");
    return found;
  }

  /** The position it was asked to go on from. */
  get after(): string | null {
    return this.url.searchParams.get("after");
  }

  send(kind: string, data: unknown, position: string): void {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data), lastEventId: position }));
  }

  close(): void {
    this.closed = true;
  }
}
