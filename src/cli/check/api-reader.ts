import type { ApiConnection } from "../../cluster/api-connection.ts";
import { ApiError, reasonOf } from "../../cluster/api-error.ts";
import { isRawObject, objectsAt, type RawObject, textAt } from "../../cluster/raw-fields.ts";
import type { Reading } from "./facts.ts";
import type { Progress } from "./progress.ts";

const idleMs = 10_000;
const pageSize = "500";
const longestReason = 160;

/** Reads the API server for the checks: what fails is a reason in words, never an exception. */
export class ApiReader {
  readonly connection: ApiConnection;
  readonly #progress: Progress;

  constructor(connection: ApiConnection, progress: Progress) {
    this.connection = connection;
    this.#progress = progress;
  }

  /** The object at `path`; undefined when there is none. */
  get(path: string): Promise<Reading<RawObject | undefined>> {
    return this.read(path, () => this.#call(path));
  }

  /** All objects of a collection. `query` may select some. */
  list(path: string, query: Readonly<Record<string, string>> = {}): Promise<Reading<readonly RawObject[]>> {
    return this.read(path, async () => {
      const items: RawObject[] = [];
      let next: string | undefined;
      do {
        const parameters = new URLSearchParams({ ...query, limit: pageSize });
        if (next !== undefined) parameters.set("continue", next);
        const page = await this.#call(`${path}?${parameters}`);
        items.push(...objectsAt(page, "items"));
        next = textAt(page, "metadata", "continue") || undefined;
      } while (next !== undefined);
      return items;
    });
  }

  /** The answer to an object that is sent. */
  async post(path: string, body: RawObject): Promise<Reading<RawObject>> {
    return this.read(path, async () => (await this.#call(path, { method: "POST", body })) ?? {});
  }

  /** What `work` comes to, told as `what` while it is waited for. */
  async read<T>(what: string, work: () => Promise<T>): Promise<Reading<T>> {
    try {
      return { value: await this.#progress.during(what, work()) };
    } catch (error) {
      return { problem: problemOf(error) };
    }
  }

  /** Throws `ApiError`. */
  async #call(
    path: string,
    call: { method?: string; body?: RawObject } = {},
  ): Promise<RawObject | undefined> {
    try {
      const answer = await this.connection.getJson(path, { idleMs, ...call });
      if (!isRawObject(answer)) throw new ApiError("the answer is no object");
      return answer;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }
}

/** A refusal in few words: the API server's own name the user, whom who asks knows. */
function problemOf(error: unknown): string {
  const reason = reasonOf(error);
  const [, verb, resource] = /cannot (\w+) resource "([^"]+)"/.exec(reason) ?? [];
  if (error instanceof ApiError && error.status === 403 && verb !== undefined)
    return `you may not ${verb} ${resource}`;
  return reason.length <= longestReason ? reason : `${reason.slice(0, longestReason - 1)}…`;
}
