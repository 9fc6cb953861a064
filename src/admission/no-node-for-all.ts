import type { NodeSelectorRequirement } from "kubernetes-types/core/v1";
import { reachOf } from "../platforms/node-match.ts";
import { requireNodes } from "../pod/node-affinity.ts";
import type { Finding } from "../types/reason.ts";
import { describeRequirement, isMetByNone, type SteeringQuestion } from "./steering.ts";

/**
 * Tells of a pod that would stay pending although each single thing that it requires is met by some node: its datasets'
 * requirements, and what it states itself, are met by different ones. One that no node meets is told of by itself.
 */
export function noNodeForAll(
  { pod, nodes }: SteeringQuestion,
  required: readonly NodeSelectorRequirement[],
): Finding | undefined {
  const { nodeSelector, affinity } = pod.spec ?? {};
  const stated = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const ofPod = nodeSelector !== undefined || stated !== undefined;
  // A single one is looked up by its label.
  if (required.length === 0 || (required.length === 1 && !ofPod)) return undefined;
  if (nodes.nodeCount() === 0 || required.some((requirement) => isMetByNone(requirement, nodes)))
    return undefined;
  const nodeAffinity = requireNodes(affinity?.nodeAffinity, required);
  const steered = {
    spec: { containers: [], ...pod.spec, affinity: { ...affinity, ...(nodeAffinity && { nodeAffinity }) } },
  };
  if (nodes.someNode(reachOf(steered))) return undefined;
  const all =
    required.map(describeRequirement).join(", ") + (ofPod ? ", its own node selector or affinity" : "");
  const message = `no known node meets all that the pod requires at once, so it stays pending: give one node all of it, or require less (${all})`;
  return { code: "no-node-for-all", message };
}
