import type { CertificateSource } from "../certs/certificate-source.ts";
import { type AppOptions, buildApp } from "./build-app.ts";
import { type DrainOptions, drain } from "./drain.ts";
import { formatAddress, type ListenAddress, listen } from "./listen-address.ts";
import { buildOpsApp } from "./ops-app.ts";
import { followCertificate, reportDistrust } from "./serving-certificate.ts";
import { warmUp } from "./warm-up.ts";

export interface ServerOptions extends Omit<AppOptions, "certificate" | "draining"> {
  readonly certificates: CertificateSource;
  readonly listen: ListenAddress;
  readonly opsListen: ListenAddress;
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
 * ones. Throws `ListenError` when an address cannot be had. Cluster and certificates stay the caller's to close.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { certificates, log, metrics } = options;
  let notReady: string | undefined = "starting";
  let draining = false;
  const ops = buildOpsApp({ metrics, notReady: () => notReady });
  const app = buildApp({ ...options, certificate: certificates.current, draining: () => draining });
  try {
    const opsAddress = await listen(ops, options.opsListen);
    await warmUp(certificates.current, options);
    // The certificate may have changed meanwhile.
    followCertificate(app.server, certificates, log, metrics);
    reportDistrust(app.server, log, options.now);
    const address = await listen(app, options.listen);
    notReady = undefined;
    return {
      url: `https://${formatAddress(address)}`,
      opsUrl: `http://${formatAddress(opsAddress)}`,
      stop: async (drainOptions) => {
        notReady = "stopping";
        draining = true;
        await drain(app, drainOptions);
        ops.server.closeAllConnections();
        await ops.close();
      },
    };
  } catch (error) {
    await Promise.allSettled([app.close(), ops.close()]);
    throw error;
  }
}
