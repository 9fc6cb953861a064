import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { objectsOfJuicefsClaim } from "../support/juicefs-claim.ts";
import {
  type DatasetType,
  manyDatasetsPlace,
  spreadDatasets,
  writeManyDatasets,
} from "../support/many-datasets.ts";

/** A folder of manifests with many datasets, on some of which pods are reviewed. */
export interface ClusterFolder {
  readonly directory: string;
  readonly datasets: number;
  /** Namespaces and claims for pods with one dataset each, spread over all of them. */
  readonly samples: readonly { readonly namespace: string; readonly claim: string }[];
}

const nodes = 20;
const sampleCount = 20;
/** A claim of the JuiceFS CSI driver, in the namespace of the first dataset. */
export const juicefsClaim = "scratch";

/**
 * Writes `datasets` datasets of these runtimes in `namespaces` opted-in namespaces, one claim of the JuiceFS CSI driver,
 * and some nodes, as `kubectl get -o json` shows them.
 */
export async function writeClusterFolder(
  directory: string,
  datasets: number,
  namespaces: number,
  types: readonly DatasetType[] = ["juicefs"],
): Promise<ClusterFolder> {
  await writeManyDatasets(directory, datasets, { namespaces, types });
  const items = [
    ...Array.from({ length: namespaces }, (_, index) => ({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: `team-${index}`, labels: { "sluice.io/injection": "enabled" } },
    })),
    ...Array.from({ length: nodes }, (_, index) => nodeOf(index, namespaces)),
    ...objectsOfJuicefsClaim(manyDatasetsPlace(0, namespaces).namespace, juicefsClaim),
  ];
  await writeFile(join(directory, "places.json"), JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  const samples = spreadDatasets(datasets, sampleCount, types.length).map((index) => {
    const { namespace, name } = manyDatasetsPlace(index, namespaces);
    return { namespace, claim: name };
  });
  return { directory, datasets, samples };
}

/** A node that holds the cache of one dataset. */
function nodeOf(index: number, namespaces: number): object {
  const held = manyDatasetsPlace(index % 4, namespaces);
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: `node-${index}`,
      labels: {
        "kubernetes.io/hostname": `node-${index}`,
        "topology.kubernetes.io/zone": `zone-${index % 3}`,
        [`fluid.io/s-${held.namespace}-${held.name}`]: "true",
      },
    },
    status: { nodeInfo: { kubeletVersion: "v1.33.2" } },
  };
}
