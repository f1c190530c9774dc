import createClient, { type Middleware } from "openapi-fetch";

import type { paths } from "./schema.gen";
import { ApiError, problemOf, UnreachableError } from "./errors";

/** Event of the window: the API responded that there is no session, or that it has ended. */
export const UNAUTHENTICATED = "mcm:unauthenticated";

/** Turns every response that is not a success into an ApiError, so that a query has either data or a reason. */
const failures: Middleware = {
  async onResponse({ response }) {
    if (response.status === 401 && !/\/(login|account)$/.test(new URL(response.url || "http://none/").pathname))
      window.dispatchEvent(new Event(UNAUTHENTICATED));
    if (!response.ok) throw new ApiError(response.status, await problemOf(response), response.headers);
  },
  onError({ error }) {
    return error instanceof Error && error.name === "AbortError" ? undefined : new UnreachableError(error);
  },
};

/** The API client for the origin that served the page, typed from the OpenAPI document. */
export const api = createClient<paths>({
  baseUrl: window.location.origin,
  // looked up at each call: tests replace it
  fetch: (request) => globalThis.fetch(request),
});
api.use(failures);

/** The body of a successful response. */
export async function body<T>(response: Promise<{ data?: T }>): Promise<T> {
  return (await response).data as T;
}
