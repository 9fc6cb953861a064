import type { ClusterView } from "../cluster/cluster-view.ts";
import { datasetPrefix, nodeLabel } from "../datasets/fluid/labels.ts";
import { referredDataset } from "../datasets/fluid/reference.ts";
import { runtimeType } from "../datasets/fluid/runtimes.ts";
import type { DatasetId } from "./dataset-of-claim.ts";

/** The label of nodes that hold the dataset's cache; undefined where nodes are not labelled. */
export function cacheLabel(view: ClusterView, { family, namespace, name }: DatasetId): string | undefined {
  if (family !== "fluid") return undefined;
  const dataset = view.dataset(namespace, name);
  if (dataset === undefined) return undefined;
  const referred = referredDataset(dataset.mountPoints);
  const physical = referred ? view.dataset(referred.namespace, referred.name) : dataset;
  const type = physical?.runtimes[0]?.type;
  if (type !== undefined && runtimeType(type)?.labelsNodes === false) return undefined;
  return nodeLabel(datasetPrefix, physical ?? referred ?? dataset);
}
