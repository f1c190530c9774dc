import { expect, it } from "vitest";

import { nextOf } from "./events";

it("takes the next page's cursor out of a Link header", () => {
  expect(nextOf('</events?limit=2&before=AbC%3D%3D>; rel="next"')).toBe("AbC==");
  expect(nextOf('</events>; rel="prev"')).toBeNull();
  expect(nextOf(null)).toBeNull();
});
