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
/** A forwarded port may have died without a word; in milliseconds. */
const longestWait = { get: 30_000, post: 120_000 } as const;
/** The time of an answer is told in whole seconds, and it takes a while to come. */
const leastSkewMs = 5_000;

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
  #aheadMs = 0;

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

  /** The server's time as far as it is known, in milliseconds since 1970: this machine's clock may be off. */
  readonly now = (): number => Date.now() + this.#aheadMs;

  /** Throws `ApiProblem`. What has not changed is not sent again, and is the same object as before. */
  async get<Answer>(path: string, signal?: AbortSignal): Promise<Answer> {
    const { token } = this;
    const kept = this.#kept.get(path);
    const headers = kept === undefined ? {} : { "if-none-match": kept.tag };
    const response = await this.#fetch(path, { headers }, longestWait.get, signal);
    if (response.status === 304 && kept !== undefined) return kept.body as Answer;
    const body = await bodyOf(response);
    const tag = response.headers.get("etag");
    // Somebody else may have signed in meanwhile.
    if (tag !== null && token === this.token) {
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
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await this.#fetch(path, init, longestWait.post);
    return (await bodyOf(response)) as Answer;
  }

  async #fetch(path: string, init: RequestInit, mostMs: number, given?: AbortSignal): Promise<Response> {
    const authorization = this.token === "" ? {} : { authorization: `Bearer ${this.token}` };
    const late = AbortSignal.timeout(mostMs);
    try {
      const response = await this.#send(`api/v1/${path}`, {
        ...init,
        headers: { ...init.headers, ...authorization },
        credentials: "omit",
        signal: given === undefined ? late : AbortSignal.any([given, late]),
      });
      const ahead = Date.parse(response.headers.get("date") ?? "") - Date.now();
      this.#aheadMs = Math.abs(ahead) < leastSkewMs ? 0 : ahead || 0;
      return response;
    } catch (error) {
      if (given?.aborted) throw error;
      throw new ApiProblem(0, "the console does not answer: is it still running, and the port forwarded?");
    }
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json().catch(() => {
    if (response.ok) throw new ApiProblem(0, "the console's answer broke off: it is asked for again");
    return {};
  });
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
