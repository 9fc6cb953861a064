import type { Pod } from "kubernetes-types/core/v1";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import type { Finding } from "../types/reason.ts";

/** What the volumes of a pod turned out to be. */
export interface Resolution {
  /** One entry for each of the pod's volumes, in their order. */
  readonly volumes: readonly ResolvedVolume[];
  /** Each dataset once, sorted by claim name; those that only other clients mount come after, in the order found. */
  readonly datasets: readonly DatasetVolume[];
}

export type ResolvedVolume =
  | { readonly volume: string; readonly kind: "other"; readonly code: "not-a-claim" | "not-a-dataset"; readonly message: string }
  | { readonly volume: string; readonly kind: "dataset"; readonly dataset: DatasetVolume; readonly readOnly: boolean }
  | { readonly volume: string; readonly kind: "problem"; readonly finding: Finding };

export interface ResolveOptions {
  /** Whether clients are wanted; without them (csi mode) no client template is looked for. */
  readonly clients: boolean;
  /** Accept a Dataset that is not bound yet (`sidecar.fluid.io/skip-precheck`). */
  readonly skipBoundCheck: boolean;
  /** Keep the template's cache directories (`cachedir.sidecar.fluid.io/inject`). */
  readonly keepCacheDirectories: boolean;
}

/** Finds out which of the pod's volumes are datasets and what serves each. `namespace` is where the pod is created. */
export function resolveVolumes(_pod: Pod, _namespace: string, _cluster: ClusterView, _options: ResolveOptions): Resolution {
  return { volumes: [], datasets: [] };
}
