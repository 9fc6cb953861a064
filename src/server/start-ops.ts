import type { MetricsPage } from "../telemetry/metrics-page.ts";
import { formatAddress, type ListenAddress, listen } from "./listen-address.ts";
import { buildOpsApp } from "./ops-app.ts";

/** The operations server, which answers from the first moment on, long before there is anything to be ready with. */
export interface OpsServer {
  /** "http://127.0.0.1:8080". */
  readonly url: string;
  /** `why` is asked each time: what readiness waits for, in words; undefined when reviews are answered. */
  setNotReady(why: () => string | undefined): void;
  stop(): Promise<void>;
}

/** Starts the operations server, not ready. Throws `ListenError` when the address cannot be had. */
export async function startOps(metrics: MetricsPage, address: ListenAddress): Promise<OpsServer> {
  let notReady: () => string | undefined = () => "starting";
  const app = buildOpsApp({ metrics, notReady: () => notReady() });
  const taken = await listen(app, address);
  return {
    url: `http://${formatAddress(taken)}`,
    setNotReady: (why) => {
      notReady = why;
    },
    stop: async () => {
      app.server.closeAllConnections();
      await app.close();
    },
  };
}
