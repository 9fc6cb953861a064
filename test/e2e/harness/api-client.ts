import type { Agent } from "node:https";
import { request } from "node:https";
import { eventually } from "./eventually.ts";
import { at, type Fields, fieldsOf, textAt } from "./fields.ts";

export interface ApiAnswer {
  readonly status: number;
  readonly body: Fields;
  readonly text: string;
  /** What the API server warned of (RFC 7234 "Warning" headers), without code and agent. */
  readonly warnings: readonly string[];
}

/** The API server's refusal, or that it was not reached (status 0). */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
} as const;

/** Talks to the API server as the cluster's administrator, without the start of a kubectl each time. */
export class ApiClient {
  readonly #agent: Agent;

  constructor(agent: Agent) {
    this.#agent = agent;
  }

  /** The object at `path`; rejects with `ApiError`. */
  async get(path: string): Promise<Fields> {
    return succeeded(await this.send("GET", path));
  }

  /** The items of the collection at `path`. */
  async list(path: string): Promise<readonly Fields[]> {
    const { items } = await this.get(path);
    return Array.isArray(items) ? items.map(fieldsOf) : [];
  }

  async create(path: string, object: unknown): Promise<Fields> {
    return succeeded(await this.send("POST", path, object));
  }

  /** Creates what a try of the same test that failed may have left: that goes first. */
  async createAnew(path: string, object: Fields): Promise<Fields> {
    const answer = await this.send("POST", path, object);
    if (textAt(answer.body, "reason") !== "AlreadyExists") return succeeded(answer);
    await this.remove(`${path}/${textAt(object, "metadata", "name")}`);
    return this.create(path, object);
  }

  async replace(path: string, object: unknown): Promise<Fields> {
    return succeeded(await this.send("PUT", path, object));
  }

  async patch(path: string, patch: unknown, type: keyof typeof patchTypes = "merge"): Promise<Fields> {
    return succeeded(await this.send("PATCH", path, patch, patchTypes[type]));
  }

  /** At once, without a grace period; what is gone already is fine. */
  async delete(path: string, gracePeriodSeconds = 0): Promise<void> {
    const answer = await this.send("DELETE", path, { gracePeriodSeconds });
    if (answer.status !== 404) succeeded(answer);
  }

  /** Resolves when it is gone, and of a workload its pods too, which no kubelet ends. */
  async remove(path: string): Promise<void> {
    const { status, body } = await this.send("GET", path);
    if (status === 404) return;
    const labels = Object.entries(fieldsOf(at(body, "spec", "template", "metadata", "labels")));
    const selector = encodeURIComponent(labels.map(([key, value]) => `${key}=${value}`).join());
    const namespace = textAt(body, "metadata", "namespace");
    await this.send("DELETE", path, { gracePeriodSeconds: 0, propagationPolicy: "Background" });
    await eventually(`${path} is gone`, async () => (await this.send("GET", path)).status === 404);
    if (labels.length === 0) return;
    const collection = (api: string) => `${api}/namespaces/${namespace}`;
    const pods = `${collection("/api/v1")}/pods?labelSelector=${selector}`;
    const sets = `${collection("/apis/apps/v1")}/replicasets?labelSelector=${selector}`;
    await eventually(`the pods of ${path} are gone`, async () => {
      await this.send("DELETE", pods, { gracePeriodSeconds: 0 });
      return (await this.list(sets)).length === 0 && (await this.list(pods)).length === 0;
    });
  }

  /** A page of text, such as /metrics. */
  async text(path: string): Promise<string> {
    return (await this.send("GET", path)).text;
  }

  /** Any answer, refusals too; rejects with `ApiError` 0 when there is none. */
  send(method: Method, path: string, body?: unknown, type = "application/json"): Promise<ApiAnswer> {
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => reject(new ApiError(0, `${method} ${path}: ${error.message}`));
      const text = body === undefined ? "" : JSON.stringify(body);
      // Node sends the body of a DELETE without its length, and then nobody reads it.
      const length = { "content-length": Buffer.byteLength(text) };
      const headers = { accept: "application/json, text/plain", "content-type": type, ...length };
      const asked = request({ agent: this.#agent, host: "kubernetes", method, path, headers }, (response) => {
        let answer = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          answer += part;
        });
        response.on("error", failed);
        response.on("end", () => {
          const said = response.headersDistinct["warning"] ?? [];
          const warnings = said.flatMap((line) =>
            [...line.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(warned),
          );
          resolve({ status: response.statusCode ?? 0, body: parsed(answer), text: answer, warnings });
        });
      });
      asked.on("error", failed);
      asked.setTimeout(30_000, () => asked.destroy(new Error("no answer within 30 s")));
      asked.end(text);
    });
  }
}

function warned([, text = ""]: RegExpExecArray): string {
  return text.replaceAll(/\\(.)/g, "$1");
}

function parsed(text: string): Fields {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function succeeded({ status, body, text }: ApiAnswer): Fields {
  if (status < 300) return body;
  throw new ApiError(status, typeof body["message"] === "string" ? body["message"] : `${status} ${text}`);
}
