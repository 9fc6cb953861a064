import type { ClusterView } from "../cluster/cluster-view.ts";
import { cacheLabel } from "../datasets/fluid/cache-label.ts";
import { datasetLabel, datasetName } from "../datasets/fluid/labels.ts";

/** A dataset as the console tells them apart: a Dataset of Fluid, or a claim of the JuiceFS CSI driver. */
export interface DatasetId {
  readonly family: "fluid" | "juicefs";
  readonly namespace: string;
  readonly name: string;
}

/** Whose data a claim gives; undefined for any other claim. `driver`: the name of the JuiceFS CSI driver. */
export function datasetOfClaim(
  view: ClusterView,
  driver: string,
  namespace: string,
  claimName: string,
): DatasetId | undefined {
  const claim = view.claim(namespace, claimName);
  if (claim === undefined) {
    const same = view.dataset(namespace, claimName);
    return same && { family: "fluid", namespace, name: claimName };
  }
  if (datasetLabel(claim.labels) !== undefined)
    return { family: "fluid", namespace, name: datasetName(claimName, claim.labels) };
  const volume = claim.volumeName === undefined ? undefined : view.persistentVolume(claim.volumeName);
  return volume?.csi?.driver === driver ? { family: "juicefs", namespace, name: claimName } : undefined;
}

/** The label of nodes that hold its cache; undefined where nodes are not labelled. */
export function cacheLabelOf(view: ClusterView, { family, namespace, name }: DatasetId): string | undefined {
  return family === "fluid" ? cacheLabel(view, namespace, name) : undefined;
}
