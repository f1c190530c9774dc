/** What the API says went wrong (RFC 9457). */
export interface Problem {
  title: string;
  detail: string;
  request_id: string | null;
}

/** The API answered, and not with success. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly problem: Problem,
    headers: Headers,
  ) {
    super(problem.detail);
    this.requestId = problem.request_id ?? headers.get("x-request-id");
  }

  /** What the log has too; a person quotes it. */
  readonly requestId: string | null;
}

/** No answer came: the API is down or the network is. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";

  constructor(cause: unknown) {
    super("The API does not answer.", { cause });
  }
}

/** Reads the problem of a failed answer; whatever is not problem+json (a proxy's page) is told by its status. */
export async function problemOf(response: Response): Promise<Problem> {
  const told: unknown = await response.json().catch(() => null);
  const found = (typeof told === "object" && told !== null ? told : {}) as Partial<Problem>;
  return {
    title: found.title ?? (response.statusText || `Status ${response.status}`),
    detail: found.detail ?? `The server answered with status ${response.status} and no explanation.`,
    request_id: found.request_id ?? null,
  };
}

/** Says whether asking again may help: the API is away for the moment, or was never reached. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof UnreachableError || (error instanceof ApiError && [408, 429, 502, 503, 504].includes(error.status))
  );
}
