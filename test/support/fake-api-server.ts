import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { type AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { issueAuthority, issueServingPair, type KeyPair } from "../../src/certs/issue-pair.ts";
import { type ApiObject, FakeApiStore, type StoredEvent } from "./fake-api-store.ts";
import { type WriteVerb, writeObject, writeVerbs } from "./fake-api-writes.ts";

/** A request as the fake API server understood it. */
export interface ApiCall {
  readonly verb: "list" | "watch" | "get" | "discovery" | WriteVerb;
  /** A plural such as "datasets"; "" for discovery. */
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly token: string | undefined;
  /** What is to be written. */
  readonly body?: unknown;
  /** The body of a page, made when it is asked for. */
  readonly answer: () => unknown;
}

/** What goes wrong with a request: answers it in its own way. May call `pass` to have it answered as usual. */
export type Fault = (response: ServerResponse, call: ApiCall, pass: () => void) => void;

const fluidPlurals: Readonly<Record<string, string>> = {
  datasets: "Dataset",
  alluxioruntimes: "AlluxioRuntime",
  juicefsruntimes: "JuiceFSRuntime",
  thinruntimes: "ThinRuntime",
};

interface OpenWatch {
  readonly resource: string;
  readonly response: ServerResponse;
  /** No more events go into it. */
  readonly forget: () => void;
}

/** An API server in this process that answers lists, watches and reads over real TLS, and fails as it is told. */
export class FakeApiServer {
  readonly store = new FakeApiStore();
  readonly calls: ApiCall[] = [];
  /** Plurals of the Fluid kinds whose CRDs are installed. */
  readonly installed = new Set(Object.keys(fluidPlurals));
  token = "secret";
  gitVersion = "v1.33.2";
  /** Whether lists that may come from memory do, and are whole then, whatever their limit. */
  listsFromMemory = true;
  /** Takes over a connection that is to go on in another protocol; who asks for one is refused by default. */
  onUpgrade: (request: IncomingMessage, socket: Duplex) => void = refusePortForward;
  #faults: { readonly matches: (call: ApiCall) => boolean; readonly fault: Fault }[] = [];
  readonly #watches = new Set<OpenWatch>();
  readonly #snapshots = new Map<string, { readonly items: readonly unknown[]; readonly version: string }>();
  readonly #sockets = new Set<Socket>();
  readonly #directory: string;
  readonly #authority: KeyPair;
  readonly #pair: KeyPair;
  #server: Server | undefined;
  #port = 0;

  private constructor(directory: string, authority: KeyPair, pair: KeyPair) {
    this.#directory = directory;
    this.#authority = authority;
    this.#pair = pair;
  }

  static async start(): Promise<FakeApiServer> {
    const authority = await issueAuthority(Date.now());
    const names = { dns: ["localhost"], ip: ["127.0.0.1"] };
    const pair = await issueServingPair(authority, names, Date.now());
    const directory = await mkdtemp(join(tmpdir(), "sluice-api-"));
    const server = new FakeApiServer(directory, authority, pair);
    await server.listen();
    return server;
  }

  get kubeconfig(): string {
    return join(this.#directory, "kubeconfig");
  }

  get tokenFile(): string {
    return join(this.#directory, "token");
  }

  get port(): number {
    return this.#port;
  }

  get authorityCertificate(): string {
    return this.#authority.cert;
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** Listens, on the same port as before when it was stopped. */
  async listen(): Promise<void> {
    const { key, cert } = this.#pair;
    this.#server = createServer({ key, cert }, (request, response) => void this.#answer(request, response));
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex) => this.onUpgrade(request, socket));
    this.#server.on("connection", (socket) => {
      if (!(socket instanceof Socket)) return;
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    if (isAddress(address)) this.#port = address.port;
    await this.writeKubeconfig({ token: this.token });
  }

  /** `user` as it stands in a kubeconfig. */
  async writeKubeconfig(user: object): Promise<void> {
    const ca = Buffer.from(this.#authority.cert).toString("base64");
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "fake",
          cluster: { server: `https://127.0.0.1:${this.#port}`, "certificate-authority-data": ca },
        },
      ],
      users: [{ name: "sluice", user }],
      contexts: [{ name: "fake", context: { cluster: "fake", user: "sluice" } }],
      "current-context": "fake",
    };
    await writeFile(this.kubeconfig, JSON.stringify(config));
  }

  /** Cuts all connections and is not there any more. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, "close");
    server.close();
    this.cutConnections();
    await closed;
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  cutConnections(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** From now on `fault` happens to the calls that match, `times` times. The returned function ends it. */
  fail(
    matches: Partial<Pick<ApiCall, "verb" | "resource">> | ((call: ApiCall) => boolean),
    fault: Fault,
    times = Number.POSITIVE_INFINITY,
  ): () => void {
    let left = times;
    const matching =
      typeof matches === "function"
        ? matches
        : ({ verb, resource }: ApiCall) =>
            (matches.verb ?? verb) === verb && (matches.resource ?? resource) === resource;
    const entry = { matches: (call: ApiCall) => left > 0 && matching(call) && left-- > 0, fault };
    this.#faults.push(entry);
    return () => {
      this.#faults = this.#faults.filter((other) => other !== entry);
    };
  }

  /** Writes `line` into all open watches of a resource. */
  inject(resource: string, line: string | Buffer): void {
    for (const watch of this.#watches) if (watch.resource === resource) watch.response.write(line);
  }

  /** Ends the open watches of a resource as a server does whose time is up, or resets their connections. */
  endWatches(resource: string, reset = false): void {
    for (const watch of [...this.#watches]) {
      if (watch.resource !== resource) continue;
      watch.forget();
      if (reset) watch.response.socket?.destroy();
      else watch.response.end();
    }
  }

  callsOf(verb: ApiCall["verb"], resource: string): ApiCall[] {
    return this.calls.filter((call) => call.verb === verb && call.resource === resource);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const verb = writeVerbs[request.method ?? ""];
    const body = verb === undefined ? undefined : await readBody(request);
    const understood = this.#understand(request);
    const call = verb === undefined ? understood : { ...understood, verb, body };
    this.calls.push(call);
    const pass = () => this.#answerAsUsual(call, response);
    const fault = this.#faults.find(({ matches }) => matches(call))?.fault;
    if (fault === undefined) pass();
    else fault(response, call, pass);
  }

  #answerAsUsual(call: ApiCall, response: ServerResponse): void {
    try {
      if (call.token !== this.token) throw new HttpError(401, "Unauthorized");
      if (call.body !== undefined) this.#write(call, response);
      else if (call.verb === "watch" && this.#exists(call.resource)) this.#watch(call, response);
      else json(response, 200, call.answer());
    } catch (error) {
      const code = error instanceof HttpError ? error.code : 500;
      status(response, code, error instanceof Error ? error.message : "error");
    }
  }

  #write(call: ApiCall, response: ServerResponse): void {
    const answer = writeObject(this.store, call);
    if ("object" in answer) json(response, answer.code, answer.object);
    else status(response, answer.code, answer.message);
  }

  #understand(request: IncomingMessage): ApiCall {
    const url = new URL(request.url ?? "/", "https://fake");
    const parts = url.pathname.split("/").filter((part) => part !== "");
    const token = request.headers.authorization?.replace("Bearer ", "");
    const rest = parts.slice(parts[0] === "api" ? 2 : 3);
    const [namespace, resource = "", name] =
      rest[0] === "namespaces" && rest.length > 2 ? rest.slice(1) : [undefined, ...rest];
    const inside = namespace === undefined ? {} : { namespace };
    const base = { resource, path: url.pathname, query: url.searchParams, token, ...inside };
    if (resource === "") return { ...base, verb: "discovery", answer: () => this.#discover(url.pathname) };
    if (name !== undefined) {
      return { ...base, name, verb: "get", answer: () => this.#get(resource, name, namespace) };
    }
    const verb = url.searchParams.get("watch") === "true" ? "watch" : "list";
    return { ...base, verb, answer: () => this.#list(resource, url.searchParams, namespace) };
  }

  #exists(resource: string): boolean {
    return !(resource in fluidPlurals || resource.endsWith("runtimes")) || this.installed.has(resource);
  }

  #discover(path: string): unknown {
    if (path === "/version") return { major: "1", minor: "33", gitVersion: this.gitVersion };
    if (this.installed.size === 0) throw new HttpError(404, "404 page not found");
    const resources = [...this.installed].map((name) => ({ name, kind: fluidPlurals[name] }));
    return { kind: "APIResourceList", groupVersion: "data.fluid.io/v1alpha1", resources };
  }

  #get(resource: string, name: string, namespace: string | undefined): unknown {
    const found = this.#exists(resource) ? this.store.find(resource, name, namespace) : undefined;
    if (found === undefined) throw new HttpError(404, `${resource} "${name}" not found`);
    return found;
  }

  /** A list goes on from the state that its first page showed. */
  #list(resource: string, query: URLSearchParams, namespace: string | undefined): unknown {
    if (!this.#exists(resource)) throw new HttpError(404, "the server could not find the requested resource");
    const atLeast = query.get("resourceVersion");
    if (Number(atLeast) > this.store.version)
      throw new HttpError(504, `Too large resource version: ${atLeast}, current: ${this.store.version}`);
    const [id, offset] = query.get("continue")?.split(":") ?? [`${this.calls.length}`, "0"];
    const snapshot = this.#snapshots.get(id ?? "") ?? {
      items: [...this.store.collection(resource).objects.values()].filter(selectedBy(query, namespace)),
      version: String(this.store.version),
    };
    this.#snapshots.set(id ?? "", snapshot);
    const begin = Number(offset);
    const whole = atLeast !== null && this.listsFromMemory;
    const end = begin + Number((whole ? undefined : query.get("limit")) ?? snapshot.items.length);
    const next = end < snapshot.items.length ? { continue: `${id}:${end}` } : {};
    return {
      kind: "List",
      metadata: { resourceVersion: snapshot.version, ...next },
      items: snapshot.items.slice(begin, end),
    };
  }

  #watch({ resource, query, namespace }: ApiCall, response: ServerResponse): void {
    const selected = selectedBy(query, namespace);
    const collection = this.store.collection(resource);
    const from = Number(query.get("resourceVersion"));
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    if (from < collection.compactedAt) {
      const object = { kind: "Status", code: 410, message: "too old resource version" };
      response.end(`${JSON.stringify({ type: "ERROR", object })}\n`);
      return;
    }
    const send = ({ type, object }: StoredEvent) =>
      selected(object) && response.write(`${JSON.stringify({ type, object })}\n`);
    for (const event of collection.history) if (event.version > from) send(event);
    const forget = () => {
      collection.listeners.delete(send);
      this.#watches.delete(watch);
    };
    const watch = { resource, response, forget };
    collection.listeners.add(send);
    this.#watches.add(watch);
    response.on("close", forget);
  }
}

/**
 * Those of one namespace, of one name or without some phases where a field selector asks for it, and with labels
 * ("key=value,key").
 */
function selectedBy(query: URLSearchParams, namespace: string | undefined) {
  const fields = query.get("fieldSelector")?.split(",") ?? [];
  const name = fields.find((field) => field.startsWith("metadata.name="))?.replace("metadata.name=", "");
  const phases = fields.filter((field) => field.startsWith("status.phase!=")).map((field) => field.slice(14));
  // Commas between parentheses are of one requirement: "key in (a,b)".
  const labels = query.get("labelSelector")?.split(/,(?![^(]*\))/) ?? [];
  const carries = (metadata: ApiObject["metadata"]) => (label: string) => {
    const [, of = "", values] = /^(.*) in \((.*)\)$/.exec(label) ?? [];
    if (values !== undefined) return values.split(",").includes(Object(metadata["labels"])[of]);
    const [key = "", value] = label.split("=");
    const found: unknown = Object(metadata["labels"])[key];
    return value === undefined ? found !== undefined : found === value;
  };
  return ({ metadata, status }: ApiObject) =>
    (namespace === undefined || metadata.namespace === namespace) &&
    (name === undefined || metadata.name === name) &&
    !phases.includes(Object(status).phase) &&
    labels.every(carries(metadata));
}

class HttpError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

function refusePortForward({ url = "" }: IncomingMessage, socket: Duplex): void {
  const [, pod = ""] = /\/pods\/([^/]+)\//.exec(url) ?? [];
  const body = JSON.stringify({
    kind: "Status",
    code: 403,
    message: `pods "${pod}" is forbidden: no portforward`,
  });
  socket.end(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}

export function json(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

/** Answers with a Kubernetes Status. */
export function status(response: ServerResponse, code: number, message: string): void {
  json(response, code, { kind: "Status", status: "Failure", code, message });
}
