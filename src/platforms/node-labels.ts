import type { NodeSelectorTerm, PodSpec } from "kubernetes-types/core/v1";

/** Whether a pod is led to nodes with some labels, always or by some of its affinity's terms, and by what. */
export interface Leading {
  readonly always: boolean;
  readonly why: string;
}

/** Whether the pod asks for nodes with labels at all. */
export function selectsNodes({ nodeSelector, affinity }: PodSpec): boolean {
  return Boolean(nodeSelector ?? affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution);
}

/**
 * Whether the pod's nodeSelector, or its required node affinity, leads to nodes that carry all of `labels`. One of
 * several affinity terms is enough for the scheduler, so what only some of them ask for leaves a choice.
 */
export function leadsTo(
  spec: PodSpec,
  labels: readonly (readonly [key: string, value: string])[],
): Leading | undefined {
  const selector = spec.nodeSelector;
  const words = () => labels.map(([key, value]) => `${key}=${value}`).join(", ");
  if (selector && labels.every(([key, value]) => selector[key] === value))
    return { always: true, why: `nodeSelector ${words()}` };
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  // A term without expressions matches no node.
  const terms = required?.nodeSelectorTerms?.filter((term) => (term.matchExpressions ?? []).length > 0) ?? [];
  const leading = terms.filter((term) => labels.every(([key, value]) => asksFor(term, key, value)));
  if (leading.length === 0) return undefined;
  const always = leading.length === terms.length;
  const some = always ? "" : `${leading.length} of ${terms.length} terms of the `;
  return { always, why: `${some}required node affinity ${words()}` };
}

function asksFor(term: NodeSelectorTerm, key: string, value: string): boolean {
  return (
    term.matchExpressions?.some(
      (expression) =>
        expression.key === key &&
        expression.operator === "In" &&
        expression.values?.length === 1 &&
        expression.values[0] === value,
    ) ?? false
  );
}
