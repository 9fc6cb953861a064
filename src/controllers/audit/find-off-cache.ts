import { fluid } from "../../admission/labels.ts";
import type { ApiConnection } from "../../cluster/api-connection.ts";
import type { ClusterView } from "../../cluster/cluster-view.ts";
import { type RawObject, textAt } from "../../cluster/raw-fields.ts";
import { referredDataset } from "../../datasets/fluid/reference.ts";
import { type CacheNodes, cacheKey, cachePlace } from "../client-census/cache-place.ts";
import { readInjectedPod } from "../client-census/injected-pod.ts";
import { cachesByLabels } from "../client-census/node-caches.ts";
import { type Findings, findPods } from "./find-pods.ts";
import { makerOf, type PodMaker } from "./pod-maker.ts";

/** A pod on a node that does not hold the caches of all its datasets. */
export interface OffCachePod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly maker: PodMaker;
  readonly node: string;
  /** Whose caches its node lacks. */
  readonly without: readonly LackedCache[];
}

export interface LackedCache {
  /** "namespace/name" of the Dataset. */
  readonly dataset: string;
  /** How many nodes hold it. */
  readonly nodes: number;
}

export interface FindOffCacheOptions {
  readonly connection: ApiConnection;
  readonly view: ClusterView;
  /** All of them where it is left out. */
  readonly namespaces?: readonly string[] | undefined;
}

/** The pods that the metric `sluice_injected_pods{cache="off"}` counts. Throws as `findPods`. */
export function findOffCache(
  { connection, view, namespaces }: FindOffCacheOptions,
  signal: AbortSignal,
): Promise<Findings<OffCachePod>> {
  const facts = nodesOf(view);
  return findPods(
    {
      connection,
      namespaces,
      // Clients of the JuiceFS CSI driver's claims have no cache on labelled nodes.
      labelSelector: `${fluid.done}=true`,
      judge: (raw) => judgeOffCache(raw, view, facts),
    },
    signal,
  );
}

function nodesOf(view: ClusterView): CacheNodes {
  return {
    dataset: (key) => {
      const [namespace = "", name = ""] = key.split("/", 2);
      const dataset = view.dataset(namespace, name);
      if (dataset === undefined) return undefined;
      const referred = referredDataset(dataset.mountPoints);
      return {
        uid: dataset.uid ?? "",
        runtime: dataset.runtimes[0]?.type ?? "",
        refersTo: referred && `${referred.namespace}/${referred.name}`,
      };
    },
    caches: (name) => {
      const node = view.node(name);
      return node && cachesByLabels(node.labels);
    },
  };
}

function judgeOffCache(raw: RawObject, view: ClusterView, facts: CacheNodes): OffCachePod | undefined {
  const pod = readInjectedPod(raw);
  const keyOf = (dataset: string | undefined) => cacheKey(dataset, facts);
  if (pod?.node === undefined || cachePlace(pod, keyOf, facts) !== "off") return undefined;
  const held = facts.caches(pod.node);
  const datasets = [...new Set(pod.clients.flatMap(({ dataset }) => dataset ?? []))].sort();
  return {
    namespace: textAt(raw, "metadata", "namespace") ?? "",
    name: textAt(raw, "metadata", "name") ?? "",
    uid: pod.uid,
    maker: makerOf(raw),
    node: pod.node,
    without: datasets.flatMap((dataset) => {
      const key = keyOf(dataset);
      if (key === undefined || held?.has(key) === true) return [];
      return [{ dataset, nodes: view.nodesLabelledWith(key, "true") }];
    }),
  };
}
