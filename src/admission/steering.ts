import type {
  NodeSelectorRequirement,
  Pod,
  PreferredSchedulingTerm,
  TopologySpreadConstraint,
} from "kubernetes-types/core/v1";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { Config } from "../config.ts";
import type { Platform } from "../platforms/platform.ts";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import type { Finding, ReasonCode } from "../types/reason.ts";
import type { Steps } from "./steps.ts";
import { titleOf } from "./volume-outcomes.ts";

export interface SteeringQuestion {
  readonly pod: Pod;
  /** Each dataset of the pod once. */
  readonly datasets: readonly DatasetVolume[];
  readonly steps: Steps;
  readonly platform: Platform;
  readonly choice: Config["cacheAffinity"];
  /** Claims whose cache the pod requires by Fluid's label fluid.io/dataset.<claim>.sched: required. */
  readonly requiredClaims: ReadonlySet<string>;
  readonly weights: Config["cacheWeights"];
  readonly nodes: NodeCounts;
}

/** The part of `ClusterView` that steering asks. */
export type NodeCounts = Pick<ClusterView, "nodeCount" | "nodesLabelled" | "nodesLabelledWith" | "someNode">;

/** What is to be added to the pod's node affinity, by `preferNodes` and `requireNodes`, and how it is spread. */
export interface Steering extends AddedAffinity {
  readonly findings: readonly Finding[];
}

export interface AddedAffinity {
  readonly preferred: readonly PreferredSchedulingTerm[];
  /** All of them hold at once. */
  readonly required: readonly NodeSelectorRequirement[];
  /** For a pod that has none. */
  readonly spread?: readonly TopologySpreadConstraint[];
}

/** Whether no node that is known meets the requirement; false as long as no node is known at all. */
export function isMetByNone(requirement: NodeSelectorRequirement, nodes: NodeCounts): boolean {
  const all = nodes.nodeCount();
  if (all === 0) return false;
  const { key, operator, values = [] } = requirement;
  const withValues = () => values.reduce((sum, value) => sum + nodes.nodesLabelledWith(key, value), 0);
  switch (operator) {
    case "In":
      return withValues() === 0;
    case "NotIn":
      return withValues() === all;
    case "DoesNotExist":
      return nodes.nodesLabelled(key) === all;
    default:
      return nodes.nodesLabelled(key) === 0;
  }
}

/** A finding about one dataset, at the first volume of the pod that is mounted from its claim. */
export function tellOfDataset(
  dataset: DatasetVolume,
  { pod }: SteeringQuestion,
  code: ReasonCode,
  words: string,
): Finding {
  const message = `${titleOf(dataset)}: ${words}`;
  const volume = pod.spec?.volumes?.find(
    (v) => v.persistentVolumeClaim?.claimName === dataset.claim.name,
  )?.name;
  return volume === undefined ? { code, message } : { code, message, volume };
}

/** For messages: "key=value" or "key In (a, b)". */
export function describeRequirement({ key, operator, values = [] }: NodeSelectorRequirement): string {
  const [only] = values;
  if (operator === "In" && only !== undefined && values.length === 1) return `${key}=${only}`;
  return values.length === 0 ? `${key} ${operator}` : `${key} ${operator} (${values.join(", ")})`;
}
