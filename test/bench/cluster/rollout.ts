import { eventually } from "../../e2e/harness/eventually.ts";
import { type Fields, textAt } from "../../e2e/harness/fields.ts";
import { collectionOf } from "../../e2e/harness/objects.ts";
import { clientsOf, podSpecOf } from "../../e2e/harness/pods.ts";
import { type BenchCluster, datasetName, datasetNamespace, holdsCache } from "./bench-cluster.ts";
import type { Registration } from "./registration.ts";
import { watchBound } from "./watch-bound.ts";

/** What one rollout of a Deployment found. */
export interface Rollout {
  /** From its creation until the scheduler has bound the last of its pods, in seconds. */
  readonly seconds: number;
  /** Of its pods, from 0 to 1: those on nodes that hold the cache. */
  readonly onCacheNodes: number;
}

export interface Rollouts {
  readonly plain: Rollout[];
  readonly withSluice: Rollout[];
  /** With Sluice and the annotation sluice.io/cache-affinity: strong. */
  readonly strong: Rollout[];
}

const ways = [
  { way: "plain", registered: false, annotations: {} },
  { way: "withSluice", registered: true, annotations: {} },
  { way: "strong", registered: true, annotations: { "sluice.io/cache-affinity": "strong" } },
] as const;

/** Rolls a Deployment with one dataset out, with and without Sluice in turn. */
export async function measureRollouts(cluster: BenchCluster, registration: Registration): Promise<Rollouts> {
  const { rollouts, replicas } = cluster.options;
  const found: Rollouts = { plain: [], withSluice: [], strong: [] };
  for (let round = 0; round < rollouts; round++) {
    cluster.say(`rollout ${round + 1} of ${rollouts}, ${replicas} replicas, plain and with Sluice`);
    for (const { way, registered, annotations } of round % 2 === 0 ? ways : [...ways].reverse()) {
      await registration.set(registered);
      const app = `rollout-${round}-${way.toLowerCase()}`;
      found[way].push(await rollOut(cluster, app, annotations, registered));
    }
  }
  await registration.set(true);
  return found;
}

async function rollOut(
  cluster: BenchCluster,
  app: string,
  annotations: Fields,
  served: boolean,
): Promise<Rollout> {
  const found = await addPods(cluster, app, annotations, served);
  await removePods(cluster, app);
  return found;
}

/** Creates the Deployment `app` with one dataset; resolves when all its pods are bound. */
export async function addPods(
  cluster: BenchCluster,
  app: string,
  annotations: Fields,
  served: boolean,
): Promise<Rollout> {
  const { api, plane, options } = cluster;
  const bound = await watchBound(plane, datasetNamespace, app, options.replicas);
  const begin = performance.now();
  await api.create(
    collectionOf("Deployment", datasetNamespace),
    deploymentOf(app, annotations, options.replicas),
  );
  const seconds = ((await bound.all) - begin) / 1000;
  const pods = await api.list(podsOf(app));
  const wrong = pods.find((pod) => clientsOf(pod).length !== (served ? 1 : 0));
  if (wrong !== undefined) throw new Error(`pod ${app} has clients ${clientsOf(wrong).join(", ") || "none"}`);
  const onCacheNodes = pods.filter((pod) => holdsCache(textAt(pod, "spec", "nodeName"))).length / pods.length;
  return { seconds, onCacheNodes };
}

function podsOf(app: string): string {
  return `${collectionOf("Pod", datasetNamespace)}?labelSelector=app%3D${app}`;
}

function deploymentOf(app: string, annotations: Fields, replicas: number): Fields {
  const labels = { app };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: app, namespace: datasetNamespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations }, spec: podSpecOf([datasetName]) },
    },
  };
}

/** No kubelet ends pods here, so they are deleted without grace once their owners are gone. */
export async function removePods({ api }: BenchCluster, app: string): Promise<void> {
  const path = `${collectionOf("Deployment", datasetNamespace)}/${app}`;
  await api.send("DELETE", `${path}?propagationPolicy=Background`);
  const replicaSets = `/apis/apps/v1/namespaces/${datasetNamespace}/replicasets?labelSelector=app%3D${app}`;
  await eventually(
    `all of ${app} is gone`,
    async () => {
      if ((await api.list(replicaSets)).length > 0) return false;
      await api.send("DELETE", `${podsOf(app)}&gracePeriodSeconds=0`);
      return (await api.list(podsOf(app))).length === 0;
    },
    { seconds: 60, pauseMs: 200 },
  );
}
