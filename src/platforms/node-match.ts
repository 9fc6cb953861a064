import type {
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
  Taint,
  Toleration,
} from "kubernetes-types/core/v1";

/** The parts of a node that decide whether a pod may run there. */
export interface MatchableNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

// Put on and taken off by Kubernetes as a node's condition changes, so a pod that waits may still land there.
const passingTaints = ["node.kubernetes.io/", "node.cloudprovider.kubernetes.io/"];

/** Tells whether the scheduler may ever place the pod on a node, as far as names, labels and taints decide it. */
export function reachOf({ spec }: Pod): (node: MatchableNode) => boolean {
  const { nodeName, nodeSelector, affinity, tolerations } = spec ?? {};
  if (nodeName) return (node) => node.name === nodeName;
  const selected = Object.entries(nodeSelector ?? {});
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? undefined;
  return (node) =>
    selected.every(([key, value]) => labelOf(node, key) === value) &&
    (required === undefined || matchesNodeSelector(required, node)) &&
    node.taints.every((taint) => admitsTaint(tolerations ?? [], taint));
}

/**
 * Whether a node matches one of the terms; an empty term matches none.
 * (Kubernetes: component-helpers/scheduling/corev1/nodeaffinity.)
 */
export function matchesNodeSelector(selector: NodeSelector, node: MatchableNode): boolean {
  return (selector.nodeSelectorTerms ?? []).some((term) => matchesTerm(term, node));
}

function matchesTerm(term: NodeSelectorTerm, node: MatchableNode): boolean {
  const [expressions, fields] = [term.matchExpressions ?? [], term.matchFields ?? []];
  if (expressions.length === 0 && fields.length === 0) return false;
  return (
    expressions.every((expression) => matchesRequirement(expression, labelOf(node, expression.key))) &&
    fields.every((field) => field.key === "metadata.name" && matchesRequirement(field, node.name))
  );
}

function matchesRequirement(requirement: NodeSelectorRequirement, actual: string | undefined): boolean {
  const { operator } = requirement;
  const values = requirement.values ?? [];
  switch (operator) {
    case "In":
      return actual !== undefined && values.includes(actual);
    case "NotIn":
      return actual === undefined || !values.includes(actual);
    case "Exists":
      return actual !== undefined;
    case "DoesNotExist":
      return actual === undefined;
    case "Gt":
    case "Lt":
      return compareNumbers(operator, actual, values);
    default:
      return false;
  }
}

function compareNumbers(
  operator: "Gt" | "Lt",
  actual: string | undefined,
  values: readonly string[],
): boolean {
  const [left, right] = [parseInteger(actual), parseInteger(values[0])];
  if (left === undefined || right === undefined || values.length !== 1) return false;
  return operator === "Gt" ? left > right : left < right;
}

function parseInteger(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?\d{1,19}$/.test(text)) return undefined;
  return BigInt(text.replace("+", ""));
}

function labelOf(node: MatchableNode, key: string): string | undefined {
  return Object.hasOwn(node.labels, key) ? node.labels[key] : undefined;
}

function admitsTaint(tolerations: readonly Toleration[], taint: Taint): boolean {
  if (taint.effect !== "NoSchedule" && taint.effect !== "NoExecute") return true;
  if (passingTaints.some((prefix) => taint.key.startsWith(prefix))) return true;
  return tolerations.some(({ key, operator, value, effect }) => {
    if (effect && effect !== taint.effect) return false;
    if (key && key !== taint.key) return false;
    // A newer operator is taken to tolerate: to think a node reachable that is not is the harmless mistake.
    if (operator && operator !== "Equal") return true;
    return Boolean(key) && (value ?? "") === (taint.value ?? "");
  });
}
