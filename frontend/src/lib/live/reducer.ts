import type { Frame, StreamFinding, StreamSummary } from "./frames";
import { join } from "./join";

/** `off` until a list was read; `lost` while there is no connection and one is tried. */
export type LiveStatus = "off" | "connecting" | "live" | "lost";

/** A finding that the stream told of, and when. */
export interface Told {
  finding: StreamFinding;
  /** The mark of its last change: marks count the changes told. */
  mark: number;
  /** The mark of the first change told, and when that was, in milliseconds. */
  since: number;
  at: number;
}

export interface LiveState {
  status: LiveStatus;
  /** Where the stream is, as the API names it; what a new connection goes on from. */
  position: string | null;
  /** How many findings the stream told; a list that was asked for at mark 7 lacks nothing told up to 7. */
  mark: number;
  /** The findings told last, each once, in the order they changed; at most `MOST_KEPT`. */
  told: ReadonlyMap<string, Told>;
  /** The mark of the last finding that was dropped from `told`: lists older than it must be read again. */
  forgotten: number;
  summary: StreamSummary | null;
  /** Rises whenever everything must be read again: the stream cannot go on from where we were. */
  epoch: number;
}

export type Change =
  | { kind: "started"; position: string | null }
  | { kind: "opened" }
  | { kind: "lost" }
  | { kind: "frames"; frames: readonly Frame[]; at: number }
  | { kind: "told"; finding: StreamFinding; at: number };

export const MOST_KEPT = 5000;

export const NOTHING_YET: LiveState = {
  status: "off",
  position: null,
  mark: 0,
  told: new Map(),
  forgotten: 0,
  summary: null,
  epoch: 0,
};

/** The one place where the stream changes what is known. Frames may repeat, come late, or be of an old version. */
export function reduce(state: LiveState, change: Change): LiveState {
  switch (change.kind) {
    case "started":
      return { ...state, status: "connecting", position: change.position };
    case "opened":
      return { ...state, status: "live" };
    case "lost":
      return { ...state, status: "lost" };
    case "frames":
      return afterFrames(state, change.frames, change.at);
    case "told": {
      const told = new Map(state.told);
      const mark = tell(told, change.finding, state.mark, change.at);
      return mark === state.mark ? state : { ...state, mark, told, forgotten: forget(told, state.forgotten) };
    }
  }
}

function afterFrames(state: LiveState, frames: readonly Frame[], at: number): LiveState {
  const next: LiveState = { ...state, status: "live" };
  const told = new Map(state.told);
  for (const frame of frames) {
    if (frame.kind === "resync") {
      // what was told before may lack something; nothing of it is believed any more
      return { ...next, status: "off", position: null, told: new Map(), forgotten: next.mark, epoch: state.epoch + 1 };
    }
    if (frame.position) next.position = frame.position;
    if (frame.kind === "summary") next.summary = frame.summary;
    if (frame.kind === "finding") next.mark = tell(told, frame.finding, next.mark, at);
  }
  next.forgotten = forget(told, state.forgotten);
  next.told = told;
  return next;
}

function tell(told: Map<string, Told>, finding: StreamFinding, mark: number, at: number): number {
  const known = told.get(finding.uid);
  const joined = known ? join(known.finding, finding) : finding;
  if (joined === known?.finding) return mark;
  told.delete(finding.uid);
  told.set(finding.uid, { finding: joined, mark: mark + 1, since: known?.since ?? mark + 1, at: known?.at ?? at });
  return mark + 1;
}

function forget(told: Map<string, Told>, forgotten: number): number {
  for (const [uid, { mark }] of told) {
    if (told.size <= MOST_KEPT) break;
    told.delete(uid);
    forgotten = mark;
  }
  return forgotten;
}
