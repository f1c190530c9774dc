import { describe, expect, it } from "vitest";

import { violation } from "./zones.mjs";

describe("import zones", () => {
  it.each([
    ["features/events/page.ts", "features/findings/list/filters"],
    ["features/events/page.ts", "app/layout"],
    ["components/button.tsx", "features/events/fields"],
    ["lib/format.ts", "components/button"],
    ["lib/format.ts", "app/pages"],
    ["components/button.tsx", "testing/builders"],
  ])("reject %s importing %s", (importer, imported) => {
    expect(violation(importer, imported)).toMatch(/must not import/);
  });

  it.each([
    ["features/findings/list/fields.tsx", "features/findings/live/matches"],
    ["features/events/page.ts", "lib/page"],
    ["app/pages.ts", "features/events/page"],
    ["components/button.tsx", "lib/class-names"],
    ["features/events/events-page.test.tsx", "testing/render-app"],
    ["testing/render-app.tsx", "app/app-routes"],
  ])("allow %s importing %s", (importer, imported) => {
    expect(violation(importer, imported)).toBeUndefined();
  });
});
