import type { NodeSelectorTerm, Pod } from "kubernetes-types/core/v1";

/** The node affinity of a pod, one line for each term: what a node must have, or had better have. */
export function describeAffinity(pod: Pod): string[] {
  const affinity = pod.spec?.affinity?.nodeAffinity;
  const required = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const preferred = affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...required.map((term, index) => `${index === 0 ? "required" : "or"}: ${describeTerm(term)}`),
    ...preferred.map(({ weight, preference }) => `preferred, weight ${weight}: ${describeTerm(preference)}`),
  ];
}

function describeTerm(term: NodeSelectorTerm): string {
  const all = [...(term.matchExpressions ?? []), ...(term.matchFields ?? [])];
  const words = all.map(({ key, operator, values = [] }) => {
    if (operator === "In" && values.length === 1) return `${key} = ${values[0]}`;
    return values.length === 0 ? `${key} ${operator}` : `${key} ${operator} (${values.join(", ")})`;
  });
  return words.length === 0 ? "no node (an empty term)" : words.join(" and ");
}
