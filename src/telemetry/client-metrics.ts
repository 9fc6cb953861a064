import { Counter, Gauge, type Registry } from "prom-client";

/** What clients are counted by: each is one of a few words. */
export interface ClientLabels {
  readonly runtime: string;
  readonly platform: string;
}

/** How many clients there are in which state, and how many pods are where. */
export interface ClientCounts {
  readonly clients: readonly (ClientLabels & {
    readonly state: string;
    readonly reason: string;
    readonly count: number;
  })[];
  /** By whether the node holds the cache: on, off or unknown. */
  readonly pods: Readonly<Record<string, number>>;
}

/** Metrics of the clients in the cluster's pods. */
export interface ClientMetrics {
  /** Takes the place of what was set before. */
  setCensus(counts: ClientCounts): void;
  countClientRestarts(labels: ClientLabels, times: number): void;
  countClientOomKill(labels: ClientLabels): void;
}

/** Defines the metrics of clients in `registers`. */
export function createClientMetrics(registers: Registry[]): ClientMetrics {
  const clients = new Gauge({
    name: "sluice_clients",
    help: "Clients in pods that have not ended, by how they are and why.",
    labelNames: ["state", "reason", "runtime", "platform"],
    registers,
  });
  const pods = new Gauge({
    name: "sluice_injected_pods",
    help: "Pods with clients, by whether their node holds the caches of their datasets: on, off or unknown.",
    labelNames: ["cache"],
    registers,
  });
  const restarts = new Counter({
    name: "sluice_client_restarts_total",
    help: "Times that a client's container was started again.",
    labelNames: ["runtime", "platform"],
    registers,
  });
  const oomKills = new Counter({
    name: "sluice_client_oom_kills_total",
    help: "Times that a client's container was killed for want of memory, as its kubelet tells it.",
    labelNames: ["runtime", "platform"],
    registers,
  });
  return {
    setCensus: (counts) => {
      clients.reset();
      pods.reset();
      for (const { count, state, reason, runtime, platform } of counts.clients)
        clients.set({ state, reason, runtime, platform }, count);
      for (const [cache, count] of Object.entries(counts.pods)) pods.set({ cache }, count);
    },
    countClientRestarts: ({ runtime, platform }, times) => restarts.inc({ runtime, platform }, times),
    countClientOomKill: ({ runtime, platform }) => oomKills.inc({ runtime, platform }),
  };
}
