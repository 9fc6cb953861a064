import type { Pod } from "kubernetes-types/core/v1";
import { allContainers } from "../../types/pod-containers.ts";

/** Where clients of the community edition serve their metrics. (juicefs: docs, "Monitoring".) */
const firstPort = 9567;

/** Finds each client in a pod a port of its own: all containers of a pod share one network. */
export class MetricsPorts {
  readonly #taken = new Set<number>();
  /** In the node's network every pod of the node shares the ports, so that the kernel has to choose. */
  readonly #anyPort: boolean;

  constructor(pod: Pod) {
    this.#anyPort = pod.spec?.hostNetwork === true;
    for (const container of allContainers(pod))
      for (const { containerPort } of container.ports ?? []) this.#taken.add(containerPort);
  }

  /**
   * The value of the option `metrics` and the port in it, where others may know it. `asked`: "host:port", as the volume
   * has it. `anyPort`: the client is configured to run in the node's network.
   */
  next(asked: string | undefined, anyPort: boolean): { readonly address: string; readonly port?: number } {
    const [, host = "0.0.0.0", wanted] = /^(.*):(\d{1,5})$/.exec(asked ?? "") ?? [];
    if (asked !== undefined && wanted === undefined) return { address: asked };
    if (this.#anyPort || anyPort || wanted === "0") return { address: `${host}:0` };
    let port = wanted === undefined ? firstPort : Number(wanted);
    while (this.#taken.has(port) && port < 65_535) port += 1;
    this.#taken.add(port);
    return { address: `${host}:${port}`, port };
  }
}
