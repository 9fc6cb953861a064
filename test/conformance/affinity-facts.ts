import type { Affinity, NodeSelectorRequirement, NodeSelectorTerm } from "kubernetes-types/core/v1";

/**
 * Where a pod may and would run; the order of alternatives, requirements and values does not matter. The scheduler adds up
 * the weights of what a node meets, so one term is two of half its weight.
 */
export function affinityFacts(affinity: Affinity | undefined): Map<string, unknown> {
  const facts = new Map<string, unknown>();
  const { nodeAffinity, ...others } = affinity ?? {};
  for (const [kind, value] of Object.entries(others)) facts.set(`affinity/${kind}`, value);
  const required = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (required !== undefined) facts.set("affinity/required", required.map(inWords).sort());
  const weights = new Map<string, number>();
  for (const { weight, preference } of nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
    const words = inWords(preference);
    weights.set(words, Math.min(100, (weights.get(words) ?? 0) + weight));
  }
  for (const [words, weight] of weights) facts.set(`affinity/preferred ${weight} ${words}`, 1);
  return facts;
}

function inWords(term: NodeSelectorTerm): string {
  const words = [
    ...(term.matchExpressions ?? []).map(requirement),
    ...(term.matchFields ?? []).map((field) => `field ${requirement(field)}`),
  ];
  return [...new Set(words)].sort().join(" and ");
}

function requirement({ key, operator, values = [] }: NodeSelectorRequirement): string {
  return `${key} ${operator} [${[...values].sort().join(", ")}]`;
}
