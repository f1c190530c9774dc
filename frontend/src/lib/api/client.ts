import createClient, { type Middleware } from "openapi-fetch";

import type { paths } from "./schema.gen";
import { ApiError, problemOf, UnreachableError } from "./errors";

/** Every answer that is not a success becomes an ApiError, so that a query either has data or says why not. */
const failures: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw new ApiError(response.status, await problemOf(response), response.headers);
  },
  onError({ error }) {
    return error instanceof Error && error.name === "AbortError" ? undefined : new UnreachableError(error);
  },
};

/** The API on the origin that served the page, typed from its OpenAPI document. */
export const api = createClient<paths>({
  baseUrl: window.location.origin,
  // looked up at each call: tests and tools put another in its place later
  fetch: (request) => globalThis.fetch(request),
});
api.use(failures);

/** Takes the body of an answer that the middleware has let pass. */
export async function body<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T;
}
