import { Agent, request } from "node:https";
import { Writable } from "node:stream";
import type { ServingCertificate } from "../certs/certificate-source.ts";
import { createLog, type Log } from "../telemetry/log.ts";
import { createMetrics } from "../telemetry/metrics.ts";
import { type AdmissionRouteOptions, admissionPaths } from "./admission-route.ts";
import { buildApp, type HttpsApp } from "./build-app.ts";
import { portOf } from "./listen-address.ts";
import { sampleCluster, sampleReview } from "./warm-up-sample.ts";

/**
 * Answers `warmUpReviews` sample reviews over TLS by a server of its own, built like the real one, so that the first real
 * review meets compiled code. Touches neither the real cluster nor the real metrics. Never throws.
 */
export async function warmUp(
  certificate: ServingCertificate,
  options: Pick<AdmissionRouteOptions, "config" | "log" | "decide"> & { readonly warmUpReviews: number },
): Promise<void> {
  if (options.warmUpReviews <= 0) return;
  const app = buildApp({
    ...options,
    certificate,
    cluster: sampleCluster,
    log: silenced(options.log),
    metrics: createMetrics({ process: false }),
    draining: () => false,
  });
  // We talk to ourselves, whatever names the certificate is made out to.
  const agent = new Agent({ keepAlive: true, maxSockets: 4, rejectUnauthorized: false });
  try {
    await app.listen({ host: "127.0.0.1", port: 0 });
    await answerSamples(app, agent, options.warmUpReviews);
  } catch (err) {
    options.log.warn({ err }, "warming up failed; the first reviews will be slower");
  } finally {
    agent.destroy();
    app.server.closeAllConnections();
    await app.close();
  }
}

async function answerSamples(app: HttpsApp, agent: Agent, reviews: number): Promise<void> {
  const port = portOf(app);
  const bodies = [sampleReview(), sampleReview("of-no-dataset"), sampleReview()];
  for (let sent = 0; sent < reviews; sent += bodies.length) {
    await Promise.all(bodies.map((body) => post(agent, port, body)));
  }
}

function post(agent: Agent, port: number, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const path = `${admissionPaths[0]}?timeout=5s`;
    const sent = request({ agent, host: "127.0.0.1", port, path, method: "POST", headers }, (response) => {
      response.on("end", resolve).on("error", reject).resume();
    });
    sent.on("error", reject).end(body);
  });
}

/** A log that does the same work at the same level and writes nothing. */
function silenced(log: Log): Log {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  return createLog(log.isLevelEnabled("info") ? "info" : "silent", nowhere);
}
