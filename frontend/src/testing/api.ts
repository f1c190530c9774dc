import { http, HttpResponse, type JsonBodyType } from "msw";

import type { paths } from "@/lib/api/schema.gen";

import { server } from "./server";

type Verb = "get" | "post" | "put" | "delete";
type Json<Operation> = Operation extends { responses: infer Responses }
  ? Responses[Extract<keyof Responses, 200 | 202>] extends { content: { "application/json": infer Body } }
    ? Body
    : never
  : never;
type Answer<Path extends keyof paths, On extends Verb> = Json<paths[Path][On]>;

const ORIGIN = window.location.origin;
const pattern = (path: string) => `${ORIGIN}${path.replaceAll(/\{(\w+)\}/g, ":$1")}`;

/** Answers a path of the API's document with a body of the type it says; a function is given the address asked for. */
export function answers<Path extends keyof paths, On extends Verb = "get">(
  path: Path,
  body: Answer<Path, On> | ((url: URL) => Answer<Path, On>),
  { on = "get" as On, status = 200, headers = {} }: { on?: On; status?: number; headers?: Record<string, string> } = {},
): void {
  server.use(
    http[on](pattern(path), ({ request }) => {
      const said = typeof body === "function" ? (body as (url: URL) => unknown)(new URL(request.url)) : body;
      return HttpResponse.json(said as JsonBodyType, { status, headers });
    }),
  );
}

/** Has a path fail as the API does. */
export function fails(path: keyof paths, status: number, detail: string, on: Verb = "get"): void {
  const problem = { type: "about:blank", title: "Something is wrong", status, detail, request_id: "request-of-test" };
  server.use(
    http[on](pattern(path), () =>
      HttpResponse.json(problem, { status, headers: { "content-type": "application/problem+json" } }),
    ),
  );
}

/** Has a path never answer. */
export function hangs(path: keyof paths): void {
  server.use(http.get(pattern(path), () => new Promise<never>(() => {})));
}

/** Where the window is, under /app. */
export const address = (): string =>
  decodeURIComponent(window.location.pathname.slice("/app".length) + window.location.search);
