import type { Server } from "node:http";
import { type FastifyInstance, fastify } from "fastify";
import type { MetricsPage } from "../telemetry/metrics-page.ts";

export type OpsApp = FastifyInstance<Server>;

export interface OpsOptions {
  readonly metrics: MetricsPage;
  /** What readiness waits for, in words; undefined when reviews are answered. */
  readonly notReady: () => string | undefined;
}

/** Builds the plain HTTP server for kubelet and scraper, without listening. */
export function buildOpsApp({ metrics, notReady }: OpsOptions): OpsApp {
  const app: OpsApp = fastify({
    logger: false,
    return503OnClosing: false,
    requestTimeout: 10_000,
    bodyLimit: 1024,
  });
  app.get("/healthz", async (_request, reply) => reply.type("text/plain").send("ok\n"));
  app.get("/readyz", async (_request, reply) => {
    const why = notReady();
    return reply
      .code(why === undefined ? 200 : 503)
      .type("text/plain")
      .send(`${why ?? "ok"}\n`);
  });
  app.get("/metrics", async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.render()),
  );
  app.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ message: `there is nothing at ${request.url}: GET /healthz, /readyz or /metrics` }),
  );
  return app;
}
