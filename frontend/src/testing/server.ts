import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";

import { anOverview } from "./builders";

/**
 * Answers in the API's place, by what each test says; a request that no test expects fails. Only the overview is always
 * there: every page starts the stream with it when no list does.
 */
export const server = setupServer(http.get("*/stats/overview", () => HttpResponse.json(anOverview())));
