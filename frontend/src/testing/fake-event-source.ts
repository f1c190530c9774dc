/** Fake of the browser's EventSource, which jsdom lacks; a test opens it, fails it and sends its frames. */
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

  /** The latest connection. */
  static get last(): FakeEventSource {
    const latest = FakeEventSource.all.at(-1);
    if (!latest) throw new Error("no connection to the stream");
    return latest;
  }

  /** The position it continues from. */
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
