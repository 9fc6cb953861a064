import type { CertificateSource } from "../certs/certificate-source.ts";
import { type AppOptions, buildApp } from "./build-app.ts";
import { type DrainOptions, drain } from "./drain.ts";
import { collectGarbage, keepHeapSmall } from "./heap.ts";
import { formatAddress, type ListenAddress, listen } from "./listen-address.ts";
import { followCertificate, reportDistrust } from "./serving-certificate.ts";
import { type OpsServer, startOps } from "./start-ops.ts";
import { warmUp } from "./warm-up.ts";

export interface ServerOptions extends Omit<AppOptions, "certificate" | "draining"> {
  readonly certificates: CertificateSource;
  readonly listen: ListenAddress;
  /** Where the operations server is to listen, or one that listens already. It ends with this one. */
  readonly opsListen: ListenAddress | OpsServer;
  /** What has to come true before the first readiness; awaited while reviews are answered. */
  readonly beforeReady?: () => Promise<void>;
  /** What readiness waits for, in words. */
  readonly waitingFor?: () => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How many sample reviews are answered before the first real one. */
  readonly warmUpReviews: number;
}

/** A server that is ready to answer. */
export interface RunningServer {
  /** "https://127.0.0.1:8443". */
  readonly url: string;
  /** "http://127.0.0.1:8080". */
  readonly opsUrl: string;
  /** Answers what is in flight and ends; not ready from the first moment on. */
  stop(options: DrainOptions): Promise<void>;
}

/**
 * Starts the HTTPS and the operations server, and returns once the first review will be answered as fast as the later
 * ones. Throws `ListenError` when an address cannot be had, or what `beforeReady` throws. Cluster and certificates stay the caller's to close.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { certificates, log, metrics, opsListen, waitingFor } = options;
  let state: "starting" | "ready" | "stopping" = "starting";
  const app = buildApp({
    ...options,
    certificate: certificates.current,
    draining: () => state === "stopping",
  });
  const ops = "url" in opsListen ? opsListen : await startOps(metrics, opsListen);
  ops.setNotReady(() => {
    if (state === "ready") return undefined;
    return state === "stopping" ? "stopping" : (waitingFor?.() ?? "starting");
  });
  try {
    // Samples are answered before real reviews can be.
    const { unavailable: _, ...warming } = options;
    await warmUp(certificates.current, warming);
    // The certificate may have changed meanwhile.
    followCertificate(app.server, certificates, log, metrics);
    reportDistrust(app.server, log, options.now);
    const address = await listen(app, options.listen);
    await options.beforeReady?.();
    if (options.warmUpReviews > 0) {
      // What loading, warming up and reading have left behind would else be collected, or kept, while pods are reviewed.
      keepHeapSmall(20);
      collectGarbage();
    }
    state = "ready";
    return {
      url: `https://${formatAddress(address)}`,
      opsUrl: ops.url,
      stop: async (drainOptions) => {
        state = "stopping";
        await drain(app, drainOptions);
        await ops.stop();
      },
    };
  } catch (error) {
    app.server.closeAllConnections();
    await Promise.allSettled([app.close(), ops.stop()]);
    throw error;
  }
}
