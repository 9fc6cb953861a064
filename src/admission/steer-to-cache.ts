import type { NodeSelectorRequirement, PreferredSchedulingTerm } from "kubernetes-types/core/v1";
import type { CacheLocality, DatasetVolume } from "../types/dataset-volume.ts";
import type { Finding } from "../types/reason.ts";
import {
  describeRequirement,
  isMetByNone,
  type Steering,
  type SteeringQuestion,
  tellOfDataset,
} from "./steering.ts";

/** A requirement that leads to the cache, and the name by which the tiers list it. */
interface CacheTier {
  readonly name: string;
  readonly requirement: NodeSelectorRequirement;
}

/** Plans what leads a pod to the nodes that hold one dataset's cache. (Fluid: nodeaffinitywithcache.) */
export function steerToCache(dataset: DatasetVolume, question: SteeringQuestion): Steering {
  const required = question.choice === "required" || question.requiredClaims.has(dataset.claim.name);
  return required ? requireCache(dataset, question) : preferCache(dataset, question);
}

function preferCache(dataset: DatasetVolume, question: SteeringQuestion): Steering {
  const preferred: PreferredSchedulingTerm[] = [];
  const words: string[] = [];
  const findings: Finding[] = [];
  const { tiers, by } = question.steps;
  const cached = question.weights === "cached" ? dataset.locality.cachedPart : undefined;
  for (const { name, requirement } of cacheTiers(dataset.locality)) {
    // Fluid: of a name listed twice the last weight counts.
    const stated = tiers.preferred.findLast((tier) => tier.name === name)?.weight;
    if (stated === undefined) continue;
    if (isMetByNone(requirement, question.nodes)) {
      const why = `no node carries ${describeRequirement(requirement)} now, so it is not preferred`;
      findings.push(tellOfDataset(dataset, question, "cache-not-steered", why));
      continue;
    }
    const weight = Math.max(1, Math.round(stated * (cached ?? 1)));
    preferred.push({ weight, preference: { matchExpressions: [requirement] } });
    words.push(`${describeRequirement(requirement)} (weight ${weight})`);
  }
  const extent = cached === undefined ? "" : `, for ${Math.round(cached * 100)} % of it is cached`;
  if (words.length > 0)
    findings.unshift(
      tellOfDataset(dataset, question, "cache-preferred", `prefers nodes with ${words.join(", ")}${extent}`),
    );
  const names = tiers.preferred.map((tier) => tier.name);
  const unlabelled = explainNoNodeLabel(dataset, names);
  if (unlabelled !== undefined)
    findings.push(tellOfDataset(dataset, question, "cache-not-steered", unlabelled));
  if (findings.length === 0)
    findings.push(
      tellOfDataset(dataset, question, "cache-not-steered", `no preferred tier of ${by} applies to it`),
    );
  return { preferred, required: [], findings };
}

function requireCache(dataset: DatasetVolume, question: SteeringQuestion): Steering {
  const { tiers, by } = question.steps;
  const required = cacheTiers(dataset.locality)
    .filter(({ name }) => tiers.required.includes(name))
    .map(({ requirement }) => requirement);
  const findings: Finding[] = [];
  if (required.length > 0) {
    const nodes = required.map(describeRequirement).join(", ");
    findings.push(tellOfDataset(dataset, question, "cache-required", `requires nodes with ${nodes}`));
  }
  for (const requirement of required)
    if (isMetByNone(requirement, question.nodes)) {
      const why = `no node carries ${describeRequirement(requirement)}, which is required: the pod stays pending until one does; to prefer it instead, set sluice.io/cache-affinity: preferred`;
      findings.push(tellOfDataset(dataset, question, "cache-required-unlabelled", why));
    }
  const unlabelled = explainNoNodeLabel(dataset, tiers.required);
  if (required.length > 0) {
    if (unlabelled !== undefined)
      findings.push(tellOfDataset(dataset, question, "cache-not-steered", unlabelled));
  } else {
    const why = `its cache cannot be required (${unlabelled ?? `no required tier of ${by} applies to it`}): list a label of its workers as required there, or prefer it`;
    findings.push(tellOfDataset(dataset, question, "cache-not-required", why));
  }
  return { preferred: [], required, findings };
}

/** Fluid's order: its built-in tiers first, then what pins the workers. */
function cacheTiers(locality: CacheLocality): CacheTier[] {
  const builtIn = [
    { name: "fluid.io/node", key: locality.nodeLabel },
    { name: "fluid.io/fuse", key: locality.clientNodeLabel },
  ].flatMap(({ name, key }) =>
    key === undefined ? [] : [{ name, requirement: { key, operator: "In", values: ["true"] } }],
  );
  const workers = locality.workerRequirements.map((requirement) => ({ name: requirement.key, requirement }));
  return [...builtIn, ...workers];
}

function explainNoNodeLabel({ locality }: DatasetVolume, tiers: readonly string[]): string | undefined {
  if (locality.nodeLabel !== undefined || !tiers.includes("fluid.io/node")) return undefined;
  return `not steered by node label: ${locality.withoutNodeLabel ?? "its cache labels no nodes"}`;
}
