import * as http from "node:http";
import * as https from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import {
  type Access,
  answerTo,
  type CallKind,
  readError,
  startCall,
  type Upgraded,
  type UpgradeLimits,
  upgrade,
} from "./api-call.ts";
import { ApiError, errorFromStatus, reasonOf, SilenceError } from "./api-error.ts";

/** How one call is made, and when it is given up. */
export interface CallOptions {
  readonly kind?: CallKind;
  /** Default "GET". */
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Of `body`. Default "application/json". */
  readonly contentType?: string;
  /** Milliseconds in which nothing arrives, after which the call is given up. */
  readonly idleMs: number;
  /** The same for the beginning of the answer. Default `idleMs`. */
  readonly answerMs?: number | undefined;
  /** An answer of more bytes than these is given up, where it is read as a whole. Default: as many as come. */
  readonly mostBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called when the server has said yes, before anything of the body has arrived. */
  readonly onAnswer?: (() => void) | undefined;
}

/** Exec plugins may run a whole process for each answer. */
const accessLifeMs = 10_000;

/** Calls one API server, in JSON. Credentials are looked up again and again, so that they may change. */
export class ApiConnection {
  readonly #load: () => Promise<KubeConfig>;
  #config: Promise<KubeConfig> | undefined;
  #access: Promise<Access> | undefined;
  #accessSince = 0;
  #last: Access | undefined;
  readonly #agents = new Set<http.Agent>();

  constructor(load: () => Promise<KubeConfig>) {
    this.#load = load;
  }

  /** The answer's body. Throws `ApiError`. */
  async getJson(path: string, options: CallOptions): Promise<unknown> {
    const body = await this.getBytes(path, options);
    try {
      return JSON.parse(body.toString("utf8"));
    } catch (error) {
      throw new ApiError(`the answer is no JSON (${reasonOf(error)})`, { cause: error });
    }
  }

  /** The whole of the answer's body. Throws `ApiError`. */
  async getBytes(path: string, options: CallOptions): Promise<Buffer> {
    const { mostBytes = Number.POSITIVE_INFINITY } = options;
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of this.read(path, options)) {
      bytes += chunk.length;
      if (bytes > mostBytes) throw new ApiError(`the answer is longer than ${mostBytes / 1024 ** 2} MiB`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** The answer's body as it arrives. Throws `ApiError`, also for any status but 2xx. */
  async *read(
    path: string,
    {
      kind = "read",
      idleMs,
      answerMs = idleMs,
      signal,
      onAnswer,
      method = "GET",
      body,
      contentType = "application/json",
    }: CallOptions,
  ): AsyncGenerator<Buffer> {
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const access = await this.#currentAccess();
    if (signal?.aborted) throw new ApiError("given up");
    const call = startCall(access, path, kind, method, {
      accept: "application/json",
      ...(sent === undefined
        ? {}
        : { "content-type": contentType, "content-length": Buffer.byteLength(sent) }),
    });
    let response: http.IncomingMessage | undefined;
    let givenUp: ApiError | undefined;
    const giveUp = (reason: ApiError) => {
      givenUp ??= reason;
      (response ?? call).destroy(givenUp);
    };
    const late = () => giveUp(new ApiError(`no answer for ${answerMs / 1_000} s`));
    const silent = () => giveUp(new SilenceError(`nothing arrived for ${idleMs / 1_000} s`));
    let idle = setTimeout(late, answerMs);
    const stop = () => giveUp(new ApiError("given up"));
    signal?.addEventListener("abort", stop, { once: true });
    try {
      response = await answerTo(call, sent);
      clearTimeout(idle);
      idle = setTimeout(silent, idleMs);
      const status = response.statusCode ?? 0;
      if (status < 200 || status > 299) {
        if (status === 401) this.#forgetAccess();
        throw errorFromStatus(status, await readError(response), response.headers["retry-after"]);
      }
      onAnswer?.();
      for await (const chunk of response) {
        idle.refresh();
        yield chunk;
      }
      if (givenUp !== undefined) throw givenUp;
    } catch (error) {
      if (givenUp !== undefined) throw givenUp;
      throw error instanceof ApiError ? error : new ApiError(reasonOf(error), { cause: error });
    } finally {
      clearTimeout(idle);
      signal?.removeEventListener("abort", stop);
    }
  }

  /**
   * Asks the server to go on in another protocol on a connection of its own (HTTP Upgrade), and gives that connection
   * and what came after the answer. Throws `ApiError`, also for any other answer.
   */
  async upgrade(path: string, headers: http.OutgoingHttpHeaders, limits: UpgradeLimits): Promise<Upgraded> {
    return upgrade(startCall(await this.#currentAccess(), path, "watch", "GET", headers), limits);
  }

  /** Closes the connections, those in use too. */
  close(): void {
    for (const agent of this.#agents) agent.destroy();
  }

  #currentAccess(): Promise<Access> {
    const now = performance.now();
    if (this.#access !== undefined && now - this.#accessSince < accessLifeMs) return this.#access;
    this.#accessSince = now;
    const access = this.#makeAccess();
    this.#access = access;
    access.catch(() => {
      if (this.#access === access) this.#access = undefined;
    });
    return access;
  }

  /** The credentials are no longer good: the kubeconfig or the token in it may have been replaced. */
  #forgetAccess(): void {
    this.#config = undefined;
    this.#access = undefined;
  }

  async #makeAccess(): Promise<Access> {
    try {
      this.#config ??= this.#load();
      const config = await this.#config;
      const headers: http.OutgoingHttpHeaders = {};
      const options: https.RequestOptions = { headers };
      await config.applyToHTTPSOptions(options);
      const server = new URL(config.getCurrentCluster()?.server ?? "");
      const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options;
      const tls = { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized };
      const identity = JSON.stringify([server, tls]);
      const agents = this.#last?.identity === identity ? this.#last.agents : this.#makeAgents(options, tls);
      const access = { server, headers, auth: options.auth ?? undefined, agents, identity };
      this.#last = access;
      return access;
    } catch (error) {
      this.#config = undefined;
      throw new ApiError(`the credentials cannot be read: ${reasonOf(error)}`, { cause: error });
    }
  }

  #makeAgents({ agent }: https.RequestOptions, tls: https.AgentOptions): Access["agents"] {
    const isProxy = agent instanceof http.Agent && agent.constructor.name.includes("Proxy");
    if (isProxy) return this.#remember({ read: agent, watch: agent });
    const given = Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined));
    if (agent instanceof http.Agent && !(agent instanceof https.Agent)) {
      return this.#remember({
        read: new http.Agent({ keepAlive: true, maxSockets: 16 }),
        watch: new http.Agent(),
      });
    }
    return this.#remember({
      read: new https.Agent({ ...given, keepAlive: true, maxSockets: 16 }),
      watch: new https.Agent(given),
    });
  }

  #remember(agents: Access["agents"]): Access["agents"] {
    for (const agent of Object.values(agents)) this.#agents.add(agent);
    return agents;
  }
}
