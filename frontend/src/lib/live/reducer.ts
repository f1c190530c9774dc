import type { Frame, StreamFinding, StreamSummary } from "./frames";
import { join } from "./join";

/** `off` until a list was loaded; `reconnecting` while the connection is lost or has missed its heartbeats. */
export type LiveStatus = "off" | "connecting" | "live" | "reconnecting";

/** A finding received from the stream, in its newest state. */
export interface ReceivedFinding {
  finding: StreamFinding;
  /** The revision of its last change. */
  revision: number;
  /** The revision of its first change, and when that was received, in milliseconds. */
  firstRevision: number;
  receivedAt: number;
}

export interface LiveState {
  status: LiveStatus;
  /** The dependencies that the API cannot use, by its last heartbeat: without Kafka no finding arrives. */
  missing: readonly string[];
  /** The position in the stream; a new connection continues from it. */
  position: string | null;
  /** Counts the changes received; a list requested at revision 7 has every change up to 7. */
  revision: number;
  /** The findings received last, each once, in the order of their last change; at most `MAX_RECEIVED`. */
  received: ReadonlyMap<string, ReceivedFinding>;
  /** The revision of the last finding evicted from `received`: lists older than it must be loaded again. */
  evictedAt: number;
  summary: StreamSummary | null;
  /** Increases whenever everything must be loaded again, because the stream cannot continue from our position. */
  epoch: number;
  /** Counts the recoveries: the connection came back, or the API can use all its dependencies again. */
  recoveries: number;
}

export type Change =
  | { kind: "started"; position: string | null }
  | { kind: "opened" }
  | { kind: "lost" }
  | { kind: "frames"; frames: readonly Frame[]; at: number }
  | { kind: "received"; finding: StreamFinding; at: number };

export const MAX_RECEIVED = 5000;

export const INITIAL_STATE: LiveState = {
  status: "off",
  missing: [],
  position: null,
  revision: 0,
  received: new Map(),
  evictedAt: 0,
  summary: null,
  epoch: 0,
  recoveries: 0,
};

/** The one place where the stream changes the state. Frames may repeat, arrive late, or carry an old version. */
export function reduce(state: LiveState, change: Change): LiveState {
  switch (change.kind) {
    case "started":
      return { ...state, status: "connecting", position: change.position };
    case "opened":
      return connected(state);
    case "lost":
      return { ...state, status: "reconnecting" };
    case "frames":
      return afterFrames(state, change.frames, change.at);
    case "received": {
      const received = new Map(state.received);
      const revision = receive(received, change.finding, state.revision, change.at);
      if (revision === state.revision) return state;
      return { ...state, revision, received, evictedAt: evict(received, state.evictedAt) };
    }
  }
}

function connected(state: LiveState): LiveState {
  const recoveries = state.recoveries + (state.status === "reconnecting" ? 1 : 0);
  return { ...state, status: "live", recoveries };
}

function afterFrames(state: LiveState, frames: readonly Frame[], at: number): LiveState {
  const next = connected(state);
  const received = new Map(state.received);
  for (const frame of frames) {
    if (frame.kind === "resync") {
      // findings received before may lack changes, so none of them is used any more
      const reset = { status: "off", position: null, received: new Map(), evictedAt: next.revision } as const;
      return { ...next, ...reset, epoch: state.epoch + 1 };
    }
    if (frame.position) next.position = frame.position;
    if (frame.kind === "summary") next.summary = frame.summary;
    if (frame.kind === "heartbeat") {
      if (next.missing.length > 0 && frame.missing.length === 0) next.recoveries += 1;
      next.missing = sameOr(next.missing, frame.missing);
    }
    if (frame.kind === "finding") next.revision = receive(received, frame.finding, next.revision, at);
  }
  next.evictedAt = evict(received, state.evictedAt);
  next.received = received;
  return next;
}

/** The same array while its content is the same, so that nothing renders again. */
function sameOr(before: readonly string[], after: readonly string[]): readonly string[] {
  return before.join() === after.join() ? before : after;
}

function receive(received: Map<string, ReceivedFinding>, finding: StreamFinding, revision: number, at: number): number {
  const known = received.get(finding.uid);
  const joined = known ? join(known.finding, finding) : finding;
  if (joined === known?.finding) return revision;
  const next = revision + 1;
  received.delete(finding.uid);
  received.set(finding.uid, {
    finding: joined,
    revision: next,
    firstRevision: known?.firstRevision ?? next,
    receivedAt: known?.receivedAt ?? at,
  });
  return next;
}

function evict(received: Map<string, ReceivedFinding>, evictedAt: number): number {
  for (const [uid, { revision }] of received) {
    if (received.size <= MAX_RECEIVED) break;
    received.delete(uid);
    evictedAt = revision;
  }
  return evictedAt;
}
