import { datasetPrefix, nodeLabel } from "../../datasets/fluid/labels.ts";
import { runtimeType } from "../../datasets/fluid/runtimes.ts";
import type { DatasetRuntime } from "./dataset-runtime.ts";
import type { InjectedPod } from "./injected-pod.ts";

/** What is asked of a Dataset. */
export interface CountedDataset extends DatasetRuntime {
  /** "namespace/name" of the Dataset that this one only refers to. */
  readonly refersTo: string | undefined;
}

/** Where caches are. */
export interface CacheNodes {
  /** By "namespace/name". */
  readonly dataset: (name: string) => CountedDataset | undefined;
  /** Keys of the labels by which a node holds caches; undefined for a node that is not known. */
  readonly caches: (node: string) => ReadonlySet<string> | undefined;
}

/** `on`: the pod's node holds the caches of its datasets; `off`: not of each; `unknown`: that cannot be told. */
export type CachePlace = "on" | "off" | "unknown";

/** References to references are followed this far. */
const longestChain = 8;

/** `keyOf` is `cacheKey`, or remembers what that said. */
export function cachePlace(
  { node, clients }: InjectedPod,
  keyOf: (dataset: string | undefined) => string | undefined,
  { caches }: Pick<CacheNodes, "caches">,
): CachePlace {
  const held = node === undefined ? undefined : caches(node);
  const keys = clients.flatMap(({ dataset }) => keyOf(dataset) ?? []);
  if (held === undefined || keys.length === 0) return "unknown";
  return keys.every((key) => held.has(key)) ? "on" : "off";
}

/** The label of nodes that hold a dataset's cache; undefined where there is none, or it is not known. */
export function cacheKey(name: string | undefined, facts: Pick<CacheNodes, "dataset">): string | undefined {
  const found = name === undefined ? undefined : physicalDataset(name, facts);
  if (found === undefined || runtimeType(found.dataset.runtime)?.labelsNodes !== true) return undefined;
  const slash = found.name.indexOf("/");
  const [namespace, own] = [found.name.slice(0, slash), found.name.slice(slash + 1)];
  return nodeLabel(datasetPrefix, { namespace, name: own, uid: found.dataset.uid });
}

/** The Dataset that has a cache, where the one of this name only refers to it. */
export function physicalDataset(
  name: string,
  facts: Pick<CacheNodes, "dataset">,
): { readonly name: string; readonly dataset: CountedDataset } | undefined {
  let at = name;
  for (let step = 0; step < longestChain; step++) {
    const dataset = facts.dataset(at);
    if (dataset?.refersTo === undefined) return dataset && { name: at, dataset };
    at = dataset.refersTo;
  }
  return undefined;
}
