import { textAt } from "./raw-fields.ts";

/** What a call to the API server came to when it gave no answer that can be used. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** The HTTP status, or the code of an ERROR event; undefined when there was no answer at all. */
  readonly status: number | undefined;
  /** Milliseconds that the server wants us to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    more: { status?: number | undefined; retryAfterMs?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.status = more.status;
    this.retryAfterMs = more.retryAfterMs;
  }

  /** The server no longer knows the state that we go on from (410, or one from its future): all has to be read anew. */
  get lostTrack(): boolean {
    return this.status === 410 || (this.status === 504 && this.message.includes("resource version"));
  }

  /** Nobody was there to be asked. */
  get unreachable(): boolean {
    const { cause } = this;
    return cause instanceof Error && "code" in cause && unreachableCodes.includes(String(cause.code));
  }
}

const unreachableCodes = ["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"];

/** An answer that began well and in which nothing has arrived for too long. */
export class SilenceError extends ApiError {}

/** Makes an error from a Kubernetes `Status` object, as the body of a failed call or the object of an ERROR event. */
export function errorFromStatus(status: number, body: unknown, retryAfter?: string | undefined): ApiError {
  const message = textAt(body, "message") || textAt(body, "reason") || `HTTP status ${status}`;
  const seconds = Number(retryAfter);
  const retryAfterMs = retryAfter !== undefined && seconds > 0 ? seconds * 1_000 : undefined;
  return new ApiError(message, { status, retryAfterMs });
}

/** What was thrown, in words for a message: as `messageOf`, but for an error without a message by its code or name. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node leaves the message empty when several addresses of a host were tried in vain.
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return error.message === "" ? code : error.message;
}
