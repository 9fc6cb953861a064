import type { ClusterView } from "../../cluster/cluster-view.ts";
import { datasetPrefix, nodeLabel } from "./labels.ts";
import { referredDataset } from "./reference.ts";
import { runtimeType } from "./runtimes.ts";

/**
 * The label of nodes that hold the cache of the Dataset `namespace`/`name`; undefined where nodes are not labelled, or there
 * is no such Dataset.
 */
export function cacheLabel(view: ClusterView, namespace: string, name: string): string | undefined {
  const dataset = view.dataset(namespace, name);
  if (dataset === undefined) return undefined;
  const referred = referredDataset(dataset.mountPoints);
  const physical = referred ? view.dataset(referred.namespace, referred.name) : dataset;
  const type = physical?.runtimes[0]?.type;
  if (type !== undefined && runtimeType(type)?.labelsNodes === false) return undefined;
  return nodeLabel(datasetPrefix, physical ?? referred ?? dataset);
}
