import type { Pod } from "kubernetes-types/core/v1";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { Config } from "../config.ts";
import { type DetectedPlatform, detectPlatform } from "../platforms/detect.ts";
import type { PodOptions } from "./pod-options.ts";
import type { Selection } from "./select.ts";
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
