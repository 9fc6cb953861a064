import type { Pod } from "kubernetes-types/core/v1";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { Config } from "../config.ts";
import { type DetectedPlatform, detectPlatform } from "../platforms/detect.ts";
import { decideSidecarKind, type SidecarChoice } from "../platforms/native-sidecars.ts";
import type { Platform } from "../platforms/platform.ts";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import type { PodOptions } from "./pod-options.ts";
import type { Selection } from "./select.ts";
import type { SteeringQuestion } from "./steering.ts";
import type { Steps } from "./steps.ts";

/** A pod that asks for its datasets, with all that the answer depends on. */
export interface Question {
  readonly pod: Pod;
  readonly namespace: string;
  readonly cluster: ClusterView;
  readonly config: Config;
  readonly options: PodOptions;
  readonly selection: Extract<Selection, { asks: true }>;
  readonly steps: Steps;
  /** The pod is a workload's template that the API server has not filled in. */
  readonly fromTemplate: boolean;
}

/** The kind of node that the pod will run on. `clients`: whether clients will run in it. */
export function platformOf(question: Question, { clients }: { readonly clients: boolean }): DetectedPlatform {
  const { pod, cluster, config, options } = question;
  const namespace = cluster.namespace(question.namespace);
  return detectPlatform({
    pod,
    catalog: config.platforms,
    namespaceLabels: namespace?.labels ?? {},
    namespaceAnnotations: namespace?.annotations ?? {},
    asked: options.platform,
    fallback: config.platform,
    platformLabel: config.platformLabel,
    clients,
  });
}

/** Which sidecars the pod gets; `ofDriver` is what the JuiceFS CSI driver's configuration asks for. */
export function sidecarOf(
  { pod, cluster, config, options }: Question,
  platform: Platform,
  ofDriver?: "native" | "classic",
): SidecarChoice {
  return decideSidecarKind({
    pod,
    asked: options.sidecar ?? ofDriver ?? config.sidecar,
    platform,
    serverVersion: cluster.serverVersion(),
    nodesWithoutNativeSidecars: cluster.nodesWithoutNativeSidecars(),
    nodeCount: cluster.nodeCount(),
  });
}

/** Toward which nodes the pod is to be steered for these of its datasets. */
export function steeringOf(
  { pod, cluster, config, options, steps }: Question,
  platform: Platform,
  datasets: readonly DatasetVolume[],
): SteeringQuestion {
  return {
    pod,
    datasets,
    steps,
    platform,
    choice: options.cacheAffinity ?? config.cacheAffinity,
    requiredClaims: options.requiredClaims,
    weights: config.cacheWeights,
    nodes: cluster,
  };
}
