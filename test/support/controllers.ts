import { ApiConnection } from "../../src/cluster/api-connection.ts";
import { openClusterWriter } from "../../src/cluster/cluster-writer.ts";
import { loadKubeConfig } from "../../src/cluster/kube-config.ts";
import {
  type ControllersOptions,
  type ControllersStatus,
  runControllers,
} from "../../src/controllers/run-controllers.ts";
import { createControllerMetrics } from "../../src/telemetry/controller-metrics.ts";
import { createLog } from "../../src/telemetry/log.ts";
import type { FakeApiServer } from "./fake-api-server.ts";
import type { Closing } from "./live-cluster.ts";

/** Background work on the fake API server, as a leader does it. */
export interface RunningControllers {
  readonly logged: string[];
  readonly problems: string[];
  status(): ControllersStatus | undefined;
  /** A page of metrics, as it is now. */
  metrics(): Promise<string>;
  /** It leads no more. */
  stop(): Promise<void>;
}

export async function startControllers(
  closing: Closing,
  api: FakeApiServer,
  options: Partial<Pick<ControllersOptions, "now" | "copies" | "juicefs" | "audit">> = {},
): Promise<RunningControllers> {
  const access = { kubeconfig: api.kubeconfig };
  const connection = new ApiConnection(() => loadKubeConfig(access));
  const writer = await openClusterWriter(access);
  const metrics = createControllerMetrics({ process: false });
  const logged: string[] = [];
  const problems: string[] = [];
  const stopping = new AbortController();
  let status: (() => ControllersStatus) | undefined;
  const ended = runControllers(
    {
      connection,
      writer,
      sidecars: new Set(["istio-proxy"]),
      references: { unlessStated: "allow" },
      juicefs: options.juicefs,
      audit: options.audit,
      platforms: new Set(["kubernetes", "eci"]),
      instance: "test",
      log: createLog("info", { write: (line: string) => logged.push(line) }),
      metrics,
      copies: options.copies,
      now: options.now ?? Date.now,
      elapsed: () => performance.now(),
      onProblem: (resource, problem) => problems.push(`${resource}: ${problem ?? "well"}`),
      timing: { firstPause: 5, longestPause: 100, longestPauseUnreachable: 20, healthy: 300 },
    },
    (given) => {
      status = given;
    },
    stopping.signal,
  );
  const stop = async () => {
    stopping.abort();
    await ended;
    connection.close();
    writer.close();
  };
  closing.add(stop);
  return {
    logged,
    problems,
    status: () => status?.(),
    metrics: async () => {
      status?.();
      return metrics.render();
    },
    stop,
  };
}
