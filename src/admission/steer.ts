import type { NodeAffinity, NodeSelectorRequirement, Pod } from "kubernetes-types/core/v1";
import type { Platform } from "../platforms/platform.ts";
import { preferNodes, requireNodes, sumPreferences, uniqueRequirements } from "../pod/node-affinity.ts";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import type { Finding } from "../types/reason.ts";
import { noNodeForAll } from "./no-node-for-all.ts";
import { spreadByCache } from "./spread-by-cache.ts";
import { steerToCache } from "./steer-to-cache.ts";
import {
  describeRequirement,
  isMetByNone,
  type Steering,
  type SteeringQuestion,
  tellOfDataset,
} from "./steering.ts";

/**
 * Plans toward which nodes a pod is steered: to nodes that may run the client of each of its datasets, as csi mode needs
 * it, and to those that hold their caches.
 *
 * The datasets' requirements hold all at once, where Fluid takes any of them to be enough.
 * (Fluid: pkg/webhook/plugins/requirenodewithfuse and nodeaffinitywithcache.)
 */
export function planSteering(question: SteeringQuestion): Steering {
  const { pod, datasets, steps, platform, choice } = question;
  if (datasets.length === 0) return { preferred: [], required: [], findings: [] };
  const why = whyNotSteered(pod, platform);
  if (why !== undefined) return notSteered(question, [], why);

  const clients = steps.withDataset.includes("RequireNodeWithFuse")
    ? datasets.map((dataset) => requireClient(dataset, question))
    : [];
  if (!steps.withDataset.includes("NodeAffinityWithCache"))
    return notSteered(question, clients, `${steps.by} does not list NodeAffinityWithCache`);
  if (choice === "none") return notSteered(question, clients, "cache affinity is set to none");

  const caches = datasets.map((dataset) => steerToCache(dataset, question));
  const stated = findStatedLocality(question, join(clients).required);
  if (stated !== undefined && !isSteeredAlready(pod, join(caches)))
    return notSteered(question, clients, `the pod states its own locality by ${stated}`);
  const steering = withNodeForAll(question, join([...clients, ...caches]));
  if (choice !== "strong") return steering;
  const { spread, findings } = spreadByCache(pod, datasets, steering);
  return { ...steering, spread, findings: [...steering.findings, ...findings] };
}

/** Why no affinity would have any effect on the pod. */
export function whyNotSteered({ spec }: Pod, platform: Platform): string | undefined {
  if (spec?.nodeName) return `the pod names its node ${spec.nodeName} itself`;
  if (platform.nodeAffinity === "ignored") return `node affinity has no effect on platform ${platform.name}`;
  return undefined;
}

/** The pod-wide reason why nothing leads to the cache; what the clients need stays. */
function notSteered(question: SteeringQuestion, clients: readonly Steering[], why: string): Steering {
  const finding: Finding = { code: "cache-not-steered", message: `not steered to the cache: ${why}` };
  return withNodeForAll(question, join([...clients, { preferred: [], required: [], findings: [finding] }]));
}

function withNodeForAll(question: SteeringQuestion, steering: Steering): Steering {
  const finding = noNodeForAll(question, steering.required);
  return finding === undefined ? steering : { ...steering, findings: [...steering.findings, finding] };
}

function requireClient(dataset: DatasetVolume, question: SteeringQuestion): Steering {
  const required = Object.entries(dataset.clientNodeSelector)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key, operator: "In", values: [value] }));
  if (required.length === 0) return { preferred: [], required, findings: [] };
  const nodes = required.map(describeRequirement).join(", ");
  const findings = [
    tellOfDataset(dataset, question, "client-nodes-required", `its client runs only on nodes with ${nodes}`),
  ];
  for (const requirement of required)
    if (isMetByNone(requirement, question.nodes))
      findings.push(
        tellOfDataset(
          dataset,
          question,
          "client-nodes-unlabelled",
          `its client runs only on nodes with ${describeRequirement(requirement)}, and no node is labelled so: label nodes, or the pod stays pending`,
        ),
      );
  return { preferred: [], required, findings };
}

/** Where the pod, or what its clients need of a node, speaks of one of the tiers by itself; Fluid then adds nothing. */
function findStatedLocality(
  { pod, steps: { tiers } }: SteeringQuestion,
  ofClients: readonly NodeSelectorRequirement[],
): string | undefined {
  const names = new Set([...tiers.preferred.map((tier) => tier.name), ...tiers.required]);
  const affinity = nodeAffinityOf(pod);
  const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const places = [
    { place: "its client's node selector", keys: keysOf(ofClients) },
    {
      place: "preferred node affinity",
      keys: preferred.flatMap((t) => keysOf(t.preference?.matchExpressions)),
    },
    { place: "required node affinity", keys: required.flatMap((term) => keysOf(term.matchExpressions)) },
    { place: "nodeSelector", keys: Object.keys(pod.spec?.nodeSelector ?? {}) },
  ];
  for (const { place, keys } of places) {
    const key = keys.find((key) => names.has(key));
    if (key !== undefined) return `${key} (${place})`;
  }
  return undefined;
}

/** An earlier call of ours added all of it, and the locality that the pod states is our own. */
function isSteeredAlready(pod: Pod, plan: Steering): boolean {
  const affinity = nodeAffinityOf(pod);
  return (
    affinity !== undefined &&
    plan.preferred.length + plan.required.length > 0 &&
    preferNodes(affinity, plan.preferred) === affinity &&
    requireNodes(affinity, plan.required) === affinity
  );
}

function nodeAffinityOf(pod: Pod): NodeAffinity | undefined {
  return pod.spec?.affinity?.nodeAffinity ?? undefined;
}

function keysOf(requirements: readonly NodeSelectorRequirement[] | undefined): string[] {
  return (requirements ?? []).map((requirement) => requirement.key);
}

function join(parts: readonly Steering[]): Steering {
  return {
    preferred: sumPreferences(parts.flatMap((part) => part.preferred)),
    required: uniqueRequirements(parts.flatMap((part) => part.required)),
    findings: parts.flatMap((part) => part.findings),
  };
}
