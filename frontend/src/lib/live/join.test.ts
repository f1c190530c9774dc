import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { join as joined, type Versioned } from "./join";

interface State extends Versioned {
  severity: string;
  risk_score: number | null;
  ai_enriched_at: string | null;
  triage_version: number;
  assignee: string | null;
  status: string;
}

const join = (known: State, incoming: State): State => joined(known, incoming);
const untriaged = { triage_version: 0, assignee: null, status: "open" };
const first: State = { uid: "a", version: 1, severity: "medium", risk_score: null, ai_enriched_at: null, ...untriaged };

/** States that can occur: the engine's fields depend on the version alone, the enricher's on its time alone. */
const states = fc
  .record({ version: fc.integer({ min: 1, max: 5 }), enrichment: fc.integer({ min: 0, max: 5 }) })
  .map(({ version, enrichment }): State => ({
    uid: "a",
    version,
    severity: `severity at version ${version}`,
    risk_score: enrichment === 0 ? null : enrichment * 10,
    ai_enriched_at: enrichment === 0 ? null : `2026-11-20T12:00:0${enrichment}Z`,
    ...untriaged,
  }));

describe("joining states of a finding", () => {
  it("takes the engine's fields from the higher version", () => {
    expect(join(first, { ...first, version: 2, severity: "high" })).toMatchObject({ version: 2, severity: "high" });
    expect(join({ ...first, version: 3 }, { ...first, version: 2, severity: "high" })).toMatchObject({
      version: 3,
      severity: "medium",
    });
  });

  it("keeps the score when a newer version has none", () => {
    const scored = { ...first, risk_score: 80, ai_enriched_at: "2026-11-20T12:00:01Z" };

    expect(join(scored, { ...first, version: 2, severity: "high" })).toMatchObject({
      version: 2,
      severity: "high",
      risk_score: 80,
    });
  });

  it("takes a later enrichment of the same version", () => {
    const scored = { ...first, risk_score: 80, ai_enriched_at: "2026-11-20T12:00:01Z" };

    expect(join(scored, { ...scored, risk_score: 60, ai_enriched_at: "2026-11-20T12:00:05Z" }).risk_score).toBe(60);
    expect(join(scored, { ...scored, risk_score: 60, ai_enriched_at: "2026-11-20T12:00:00Z" }).risk_score).toBe(80);
  });

  it("takes the triage from the higher triage version, and the status with whatever is newer", () => {
    const assigned = { ...first, triage_version: 2, assignee: "mona@example.com", status: "resolved" };
    const reopened = { ...assigned, version: 2, severity: "high", status: "reopened" };

    expect(join(first, assigned)).toEqual(assigned);
    expect(join(assigned, { ...first, triage_version: 1, assignee: "ada@example.com" })).toBe(assigned);
    expect(join(assigned, reopened)).toEqual(reopened);
    expect(join(reopened, assigned)).toBe(reopened);
  });

  it("returns the same object when nothing is newer", () => {
    expect(join(first, { ...first })).toBe(first);
  });

  it("does not depend on order and repetition", () => {
    fc.assert(
      fc.property(fc.array(states, { minLength: 1 }), fc.array(states), (some, shuffledWith) => {
        const all = [...some, ...shuffledWith];
        const forwards = all.reduce((known, incoming) => join(known, incoming), first);
        const backwards = [...all, ...some].reverse().reduce((known, incoming) => join(known, incoming), first);
        expect(backwards).toEqual(forwards);
      }),
    );
  });
});
