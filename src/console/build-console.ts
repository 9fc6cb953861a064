import { createHash } from "node:crypto";
import swagger from "@fastify/swagger";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { ApiError } from "../cluster/api-error.ts";
import type { Log } from "../telemetry/log.ts";
import { version } from "../version.ts";
import type { Access } from "./access.ts";
import { addRoutes } from "./api-routes.ts";
import type { ConsoleData } from "./console-data.ts";
import { ConsoleProblem } from "./console-problem.ts";
import { assertLocal } from "./local-only.ts";
import { addPageFiles, securityHeaders } from "./page-files.ts";

export interface ConsoleOptions {
  readonly data: ConsoleData;
  readonly access: Access;
  /** Answer nobody who does not call this machine by a name of its own. */
  readonly localOnly: boolean;
  /** The folder with the page's files. */
  readonly pageFolder: URL;
  readonly log: Log;
  /** Told of each answer of the API. */
  readonly onAnswer: (route: string, status: number) => void;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that is never set. */
  readonly elapsed: () => number;
}

/** Of a request's body: as much as a manifest can be, and then some for how JSON writes it. */
const mostBytes = 512 * 1024;

// Kubernetes: docs, "Object Names and IDs".
const longestName = 253;

/** Builds the console's server without listening. Throws when the page's files are not in their folder. */
export async function buildConsole(options: ConsoleOptions): Promise<FastifyInstance> {
  const { log, onAnswer, localOnly } = options;
  const app = fastify({
    logger: false,
    bodyLimit: mostBytes,
    requestTimeout: 30_000,
    routerOptions: { maxParamLength: longestName },
    // Filters are texts, and stay what they are.
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false, allErrors: false } },
  });
  await app.register(swagger, {
    openapi: {
      openapi: "3.0.3",
      info: {
        title: "Sluice console",
        version,
        description: "Read-only. Bearer tokens; the cluster says who may see what.",
      },
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
      security: localOnly ? [] : [{ token: [] }],
    },
  });
  // Only JSON: no page from elsewhere can send that without asking first.
  app.removeContentTypeParser("text/plain");
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(securityHeaders);
    if (localOnly) assertLocal(request.headers.host);
  });
  app.addHook("onSend", async (request, reply, payload) => {
    if (!isApi(request)) return payload;
    reply.headers({ "cache-control": "no-store", vary: "authorization" });
    return typeof payload === "string" ? tagged(request, reply, payload) : payload;
  });
  app.addHook("onResponse", async (request, reply) => {
    if (isApi(request)) onAnswer(request.routeOptions.url ?? "none", reply.statusCode);
  });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, log));
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ message: `there is nothing at ${request.method} ${pathOf(request)}` }),
  );
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
  addRoutes(app, options);
  await addPageFiles(app, options.pageFolder);
  await app.ready();
  return app;
}

/** An answer that the page has already is not sent again. */
function tagged(request: FastifyRequest, reply: FastifyReply, payload: string): string {
  if (request.method !== "GET" || reply.statusCode !== 200) return payload;
  const tag = `"${createHash("sha1").update(payload).digest("base64url")}"`;
  reply.header("etag", tag);
  if (request.headers["if-none-match"] !== tag) return payload;
  reply.code(304);
  return "";
}

function isApi({ url }: FastifyRequest): boolean {
  return url.startsWith("/api/");
}

function pathOf({ url }: FastifyRequest): string {
  return url.split("?", 1)[0] ?? url;
}

/** The one place where errors become answers. */
function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log) {
  if (error instanceof ConsoleProblem) {
    const { status, message, since } = error;
    if (status === 401) reply.header("www-authenticate", 'Bearer realm="sluice"');
    return reply
      .code(status)
      .send({ message, ...(since !== undefined && { since: new Date(since).toISOString() }) });
  }
  if (error instanceof ApiError) {
    log.warn({ path: pathOf(request) }, error.message);
    return reply.code(503).send({ message: `the API server cannot be asked: ${error.message}` });
  }
  const status =
    error instanceof Error && "statusCode" in error && typeof error.statusCode === "number"
      ? error.statusCode
      : 500;
  if (status < 500 && error instanceof Error) return reply.code(status).send({ message: error.message });
  log.error({ err: error, path: pathOf(request) }, "error in Sluice");
  return reply.code(500).send({ message: "an error in Sluice itself; its log tells more" });
}
