/** An answer of the API that is none: `status` is 0 where the console itself cannot be reached. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly since: string | undefined;
  constructor(status: number, message: string, since?: string | undefined) {
    super(message);
    this.status = status;
    this.since = since;
  }
}

const tokenKey = "sluice-token";
/** So that a page that is left open for days does not fill up. */
const mostKept = 100;

/** The tab's `sessionStorage`. */
export interface TokenStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

/** Talks to the JSON API. The token is kept for this tab only. */
export class ApiClient {
  readonly #tokens: TokenStore;
  readonly #send: (path: string, init: RequestInit) => Promise<Response>;
  readonly #kept = new Map<string, { readonly tag: string; readonly body: unknown }>();

  /** `send` is the browser's `fetch`. */
  constructor(tokens: TokenStore, send: (path: string, init: RequestInit) => Promise<Response>) {
    this.#tokens = tokens;
    this.#send = send;
  }

  get token(): string {
    return this.#tokens.getItem(tokenKey) ?? "";
  }

  set token(token: string) {
    this.#kept.clear();
    if (token === "") this.#tokens.removeItem(tokenKey);
    else this.#tokens.setItem(tokenKey, token);
  }

  /** Throws `ApiProblem`. What has not changed is not sent again, and is the same object as before. */
  async get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
    const kept = this.#kept.get(path);
    const headers = kept === undefined ? {} : { "if-none-match": kept.tag };
    const response = await this.#fetch(path, { headers, signal: signal ?? null });
    if (response.status === 304 && kept !== undefined) return kept.body as Answer;
    const body = await bodyOf(response);
    const tag = response.headers.get("etag");
    if (tag !== null) {
      this.#kept.delete(path);
      this.#kept.set(path, { tag, body });
      const [oldest] = this.#kept.keys();
      if (this.#kept.size > mostKept && oldest !== undefined) this.#kept.delete(oldest);
    }
    return body as Answer;
  }

  /** Throws `ApiProblem`. */
  async post<Answer>(path: string, body: unknown): Promise<Answer> {
    const headers = { "content-type": "application/json" };
    const response = await this.#fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    return (await bodyOf(response)) as Answer;
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const authorization = this.token === "" ? {} : { authorization: `Bearer ${this.token}` };
    try {
      return await this.#send(`api/v1/${path}`, {
        ...init,
        headers: { ...init.headers, ...authorization },
        credentials: "omit",
      });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw new ApiProblem(0, "the console does not answer: is it still running, and the port forwarded?");
    }
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json().catch(() => ({}));
  if (response.ok) return body;
  throw new ApiProblem(
    response.status,
    textOf(body, "message") ?? `HTTP status ${response.status}`,
    textOf(body, "since"),
  );
}

function textOf(body: unknown, key: string): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const text: unknown = Object.entries(body).find(([name]) => name === key)?.[1];
  return typeof text === "string" ? text : undefined;
}
