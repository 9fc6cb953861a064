import { mkdtemp, rm } from "node:fs/promises";
import { Agent, type RequestOptions, request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { Decide } from "../../src/admission/review.ts";
import { openCertificateDirectory } from "../../src/certs/certificate-directory.ts";
import { defaultServingNames } from "../../src/certs/serving-names.ts";
import type { Cluster, ClusterView } from "../../src/cluster/cluster-view.ts";
import { type Config, parseConfig } from "../../src/config.ts";
import { defaultLimits, type ServerLimits } from "../../src/server/limits.ts";
import { startServer } from "../../src/server/start-server.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";

export interface TestServerOptions {
  /** What the server sees; not closed by `stop`. */
  readonly cluster: Cluster | ClusterView;
  readonly config?: Partial<Config>;
  readonly limits?: Partial<ServerLimits>;
  readonly decide?: Decide;
  /** Default 0: no warming up, the server starts faster. */
  readonly warmUpReviews?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body parsed from JSON. */
  readonly body: unknown;
  /** From sending to the whole answer, in milliseconds. */
  readonly ms: number;
}

/** The real server on a free port of 127.0.0.1, with certificates of its own, and a client that trusts them. */
export interface TestServer {
  readonly url: string;
  readonly opsUrl: string;
  /** The CA's certificate, PEM. */
  readonly ca: string;
  /** Folder of the certificate files. */
  readonly certDir: string;
  /** The log's lines so far. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** Posts a review (anything JSON) over a kept connection. */
  post(review: unknown, path?: string): Promise<Answer>;
  /** Sends anything. */
  send(options: RequestOptions, body?: string | Buffer): Promise<Answer>;
  stop(pauseMs?: number): Promise<void>;
}

export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const certDir = await mkdtemp(join(tmpdir(), "sluice-test-"));
  const log: Readonly<Record<string, unknown>>[] = [];
  const lines = new Writable({
    write: (chunk, _encoding, done) => {
      log.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const certificates = await openCertificateDirectory(certDir, {
    names: defaultServingNames,
    now: Date.now,
    pollMs: 50,
    onProblem: (problem) => problem !== undefined && log.push({ problem }),
  });
  const server = await startServer({
    cluster: clusterFrom(options.cluster),
    config: { ...parseConfig({}), ...options.config },
    log: createLog("debug", lines),
    metrics: createMetrics({ process: false }),
    certificates,
    listen: { host: "127.0.0.1", port: 0 },
    opsListen: { host: "127.0.0.1", port: 0 },
    now: Date.now,
    warmUpReviews: options.warmUpReviews ?? 0,
    limits: { ...defaultLimits, ...options.limits },
    ...(options.decide === undefined ? {} : { decide: options.decide }),
  });
  const ca = certificates.current.ca ?? "";
  const agent = new Agent({ keepAlive: true, ca });
  const { hostname, port } = new URL(server.url);
  const pending = new Set<Promise<unknown>>();
  const send: TestServer["send"] = (request, body) => {
    const sent = exchange({ agent, hostname, port, ...request }, body);
    pending.add(sent);
    return sent.finally(() => pending.delete(sent));
  };
  return {
    url: server.url,
    opsUrl: server.opsUrl,
    ca,
    certDir,
    log,
    send,
    post: (review, path = "/mutate?timeout=5s") =>
      send({ path, method: "POST", headers: { "content-type": "application/json" } }, JSON.stringify(review)),
    stop: async (pauseMs = 0) => {
      await server.stop({ pauseMs, deadlineMs: 2_000 });
      // What the server has answered may still be on its way to us.
      await Promise.allSettled(pending);
      agent.destroy();
      certificates.close();
      await rm(certDir, { recursive: true });
    },
  };
}

/** A cluster whose view never changes. */
export function clusterFrom(source: Cluster | ClusterView): Cluster {
  if ("view" in source) return source;
  return { view: source, refresh: () => Promise.resolve(false), close: () => Promise.resolve() };
}

function exchange(options: RequestOptions, body: string | Buffer | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const headers = {
      ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
      ...options.headers,
    };
    const sent = request({ ...options, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const ms = performance.now() - started;
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          body: parsed(text),
          ms,
        });
      });
    });
    sent.on("error", reject).end(body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
