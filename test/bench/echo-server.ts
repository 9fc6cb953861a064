import { fastify } from "fastify";
import { openCertificateDirectory } from "../../src/certs/certificate-directory.ts";
import { defaultServingNames } from "../../src/certs/serving-names.ts";
import { defaultLimits } from "../../src/server/limits.ts";
import { secureContextOptions } from "../../src/server/serving-certificate.ts";

/**
 * What the webhook is measured against: Fastify with the same TLS, limits and timeouts, which parses the review and
 * sends it back. Says on standard output where it listens.
 */
export async function runEchoServer(certDir: string): Promise<void> {
  const certificates = await openCertificateDirectory(certDir, {
    names: defaultServingNames,
    now: Date.now,
    pollMs: 3_600_000,
    onProblem: () => {},
  });
  const app = fastify({
    https: {
      ...secureContextOptions(certificates.current),
      ALPNProtocols: ["http/1.1"],
      handshakeTimeout: defaultLimits.handshakeMs,
      headersTimeout: defaultLimits.headersMs,
      connectionsCheckingInterval: defaultLimits.checkMs,
    },
    bodyLimit: defaultLimits.bodyBytes,
    requestTimeout: defaultLimits.requestMs,
    connectionTimeout: defaultLimits.inactivityMs,
    keepAliveTimeout: defaultLimits.keepAliveMs,
    logger: false,
  });
  app.post("/mutate", async (request) => request.body);
  process.stdout.write(`echo is ready on ${await app.listen({ host: "127.0.0.1", port: 0 })}\n`);
}
