import { expect, it } from "vitest";

import { changesOf } from "./changes";

it("shows what differs, and nothing else", () => {
  expect(
    changesOf({
      before: { role: "viewer", email: "lee@example.com", sources: null, disabled: false },
      after: { role: "analyst", email: "lee@example.com", sources: ["a"], disabled: false },
    }),
  ).toEqual([
    { field: "role", before: "viewer", after: "analyst" },
    { field: "sources", before: null, after: '["a"]' },
  ]);
});

it("shows what an action set or removed", () => {
  expect(changesOf({ before: null, after: { count: 3 } })).toEqual([{ field: "count", before: null, after: "3" }]);
  expect(changesOf({ before: { name: "ci" }, after: null })).toEqual([{ field: "name", before: "ci", after: null }]);
  expect(changesOf({ before: null, after: null })).toEqual([]);
});
