import { openLiveCluster } from "../../src/cluster/live-cluster.ts";
import type { LiveCluster, LiveClusterOptions } from "../../src/cluster/live-cluster-options.ts";
import type { LiveTiming } from "../../src/cluster/live-timing.ts";
import type { ResourceStatus } from "../../src/cluster/resource-sync.ts";
import { FakeApiServer } from "./fake-api-server.ts";

/** As in production, a hundred times as fast; what waits for silence waits long unless a test makes it short. */
const fast: Partial<LiveTiming> = {
  firstPause: 5,
  longestPause: 100,
  longestPauseUnreachable: 20,
  healthy: 300,
  idle: 30_000,
  answer: 20_000,
  discovery: 50,
  poll: 20,
  absence: 1_000,
  denial: 60_000,
};

/** A live cluster with the API server that it reads and what it told. */
export interface Live {
  readonly api: FakeApiServer;
  readonly cluster: LiveCluster;
  /** "resource: problem" and "resource: well". */
  readonly told: string[];
  readonly kinds: string[];
  of(resource: string): ResourceStatus;
}

/** Things to be closed at the end of a test. */
export class Closing {
  readonly #open: (() => Promise<void>)[] = [];

  add(close: () => Promise<void>): void {
    this.#open.push(close);
  }

  async all(): Promise<void> {
    for (const close of this.#open.splice(0).reverse()) await close();
  }
}

export async function startApi(closing: Closing): Promise<FakeApiServer> {
  const api = await FakeApiServer.start();
  closing.add(() => api.close());
  return api;
}

export async function openLive(
  closing: Closing,
  api: FakeApiServer,
  { timing, ...options }: LiveClusterOptions = {},
): Promise<Live> {
  const told: string[] = [];
  const kinds: string[] = [];
  const cluster = await openLiveCluster({
    kubeconfig: api.kubeconfig,
    startLimit: 45_000,
    onProblem: (resource, problem) => told.push(`${resource}: ${problem ?? "well"}`),
    onKind: (kind, installed) => kinds.push(`${installed ? "+" : "-"}${kind}`),
    timing: { ...fast, ...timing },
    ...options,
  });
  closing.add(() => cluster.close());
  const of = (resource: string): ResourceStatus => {
    const found = cluster.status().resources.find((status) => status.resource === resource);
    if (found === undefined) throw new Error(`no resource ${resource}`);
    return found;
  };
  return { api, cluster, told, kinds, of };
}

export function claim(name: string, volumeName?: string, namespace = "team") {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace },
    spec: volumeName === undefined ? {} : { volumeName },
  };
}

export function dataset(name: string, phase = "Bound", namespace = "team") {
  return {
    apiVersion: "data.fluid.io/v1alpha1",
    kind: "Dataset",
    metadata: { name, namespace },
    status: { phase },
  };
}

export function node(name: string, labels: Record<string, string> = {}, kubeletVersion = "v1.33.0") {
  return { metadata: { name, labels }, status: { nodeInfo: { kubeletVersion } } };
}

export const claimRef = (name: string, namespace = "team") =>
  ({ kind: "PersistentVolumeClaim", namespace, name }) as const;
export const datasetRef = (name: string, namespace = "team") =>
  ({ kind: "Dataset", namespace, name }) as const;
