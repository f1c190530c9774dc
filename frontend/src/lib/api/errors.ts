/** A problem reported by the API (RFC 9457). */
export interface Problem {
  title: string;
  detail: string;
  request_id: string | null;
  /** Of a conflict (412): who changed it meanwhile, and when. */
  changed_by?: string;
  changed_at?: string;
}

/** The API responded with an error. */
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

  /** The request id, which is also in the API's log. */
  readonly requestId: string | null;
}

/** No response arrived: the API or the network is down. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";

  constructor(cause: unknown) {
    super("Can't reach the API.", { cause });
  }
}

/** Reads the problem of a failed response; one that is not problem+json (a proxy's page) is described by its status. */
export async function problemOf(response: Response): Promise<Problem> {
  const parsed: unknown = await response.json().catch(() => null);
  const found = (typeof parsed === "object" && parsed !== null ? parsed : {}) as Partial<Problem>;
  return {
    title: found.title ?? (response.statusText || `Status ${response.status}`),
    detail: found.detail ?? `The server responded with status ${response.status} and gave no reason.`,
    request_id: found.request_id ?? null,
    changed_by: found.changed_by,
    changed_at: found.changed_at,
  };
}

/** Whether a retry may help: the API is down for the moment, or was never reached. */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof UnreachableError || (error instanceof ApiError && [408, 429, 502, 503, 504].includes(error.status))
  );
}
