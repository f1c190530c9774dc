import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";

import { anAccount, anOverview } from "./builders";
import { someTriage } from "./triage";

/**
 * Mock of the API, configured by each test; an unexpected request fails. Only the overview is always available: every
 * page starts the stream from it when no list does. So is the account, with every scope. No rule is blind.
 */
export const server = setupServer(
  http.get("*/stats/overview", () => HttpResponse.json(anOverview())),
  http.get("*/stats/triage", () => HttpResponse.json(someTriage())),
  http.get("*/account", () => HttpResponse.json(anAccount())),
  http.get("*/blind-rules", () => HttpResponse.json([])),
  http.get("*/rules/:rule/sources", () => HttpResponse.json({ sources: [], blind: null, hints: [] })),
);
