import type { ClusterView, Dataset } from "../../cluster/cluster-view.ts";
import type { CacheLocality } from "../../types/dataset-volume.ts";
import type { FoundDataset } from "./find-dataset.ts";
import { clientPrefix, datasetPrefix, nodeLabel } from "./labels.ts";
import { type DatasetName, referredDataset } from "./reference.ts";
import { runtimeType } from "./runtimes.ts";

/**
 * By which labels nodes with the dataset's cache are known. Fluid puts none on nodes for thin datasets, and for a
 * reference dataset only those of the dataset it refers to.
 */
export function cacheLocality(found: FoundDataset, cluster: ClusterView): CacheLocality {
  const { dataset, runtime } = found;
  const referred = referredDataset(dataset.mountPoints);
  const physical = referred ? cluster.dataset(referred.namespace, referred.name) : dataset;
  const named: DatasetName & { uid?: string } = physical ?? referred ?? dataset;

  const clientNodeLabel = nodeLabel(clientPrefix, named);
  const key = labelsNodes(found, physical) ? nodeLabel(datasetPrefix, named) : undefined;
  const cachedPart = (physical ?? dataset).cachedPart;
  return {
    ...(cachedPart === undefined ? {} : { cachedPart }),
    ...(key === undefined ? { withoutNodeLabel: whyNone(found, physical) } : { nodeLabel: key }),
    ...(clientNodeLabel === undefined ? {} : { clientNodeLabel }),
    workerRequirements: (physicalRuntime(found, physical, cluster) ?? runtime).workerRequirements,
  };
}

/** The cache that a reference dataset is served from has the other dataset's workers. */
function physicalRuntime({ dataset }: FoundDataset, physical: Dataset | undefined, cluster: ClusterView) {
  const kind = physicalType(physical)?.kind;
  if (physical === undefined || physical === dataset || kind === undefined) return undefined;
  return cluster.runtime(kind, physical.namespace, physical.name);
}

function labelsNodes({ dataset, type }: FoundDataset, physical: Dataset | undefined): boolean {
  if (physical === dataset) return type.labelsNodes;
  // A dataset that cannot be seen most likely has a cache: a thin one gains nothing from being referred to.
  return physicalType(physical)?.labelsNodes ?? true;
}

function whyNone({ dataset, type }: FoundDataset, physical: Dataset | undefined): string {
  const known = physical === dataset ? type : physicalType(physical);
  if (known && !known.labelsNodes) return `runtimes of type ${known.type} label no nodes`;
  return "the dataset's name is too long for a label, and its UID is not known";
}

function physicalType(physical: Dataset | undefined) {
  const type = physical?.runtimes[0]?.type;
  return type === undefined ? undefined : runtimeType(type);
}
