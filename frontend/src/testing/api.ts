import { http, HttpResponse, type JsonBodyType } from "msw";

import type { paths } from "@/lib/api/schema.gen";

import { server } from "./server";

type Verb = "get" | "post" | "put" | "delete";
type Json<Operation> = Operation extends { responses: infer Responses }
  ? Responses[Extract<keyof Responses, 200 | 202>] extends { content: { "application/json": infer Body } }
    ? Body
    : never
  : never;
type Response<Path extends keyof paths, On extends Verb> = Json<paths[Path][On]>;

const ORIGIN = window.location.origin;
const pattern = (path: string) => `${ORIGIN}${path.replaceAll(/\{(\w+)\}/g, ":$1")}`;

/** Mocks an operation of the API, typed by its OpenAPI document; a function receives the requested URL. */
export function respond<Path extends keyof paths, On extends Verb = "get">(
  path: Path,
  body: Response<Path, On> | ((url: URL) => Response<Path, On>),
  { on = "get" as On, status = 200, headers = {} }: { on?: On; status?: number; headers?: Record<string, string> } = {},
): void {
  server.use(
    http[on](pattern(path), ({ request }) => {
      const data = typeof body === "function" ? (body as (url: URL) => unknown)(new URL(request.url)) : body;
      return HttpResponse.json(data as JsonBodyType, { status, headers });
    }),
  );
}

/** Mocks a problem response. */
export function failWith(path: keyof paths, status: number, detail: string, on: Verb = "get"): void {
  const problem = { type: "about:blank", title: "Error", status, detail, request_id: "request-of-test" };
  server.use(
    http[on](pattern(path), () =>
      HttpResponse.json(problem, { status, headers: { "content-type": "application/problem+json" } }),
    ),
  );
}

/** Mocks an operation that never responds. */
export function neverRespond(path: keyof paths): void {
  server.use(http.get(pattern(path), () => new Promise<never>(() => {})));
}

/** The URL of the window, under /app. */
export const address = (): string =>
  decodeURIComponent(window.location.pathname.slice("/app".length) + window.location.search);
