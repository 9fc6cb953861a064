/** A request that gets an HTTP status and `{message}`. */
export class ConsoleProblem extends Error {
  override readonly name = "ConsoleProblem";
  readonly status: 400 | 401 | 403 | 404 | 503;
  /** When the API server was last heard of, in milliseconds since 1970. */
  readonly since: number | undefined;

  constructor(status: ConsoleProblem["status"], message: string, since?: number | undefined) {
    super(message);
    this.status = status;
    this.since = since;
  }
}
