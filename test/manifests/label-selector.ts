import type { LabelSelector, LabelSelectorRequirement } from "kubernetes-types/meta/v1";

export type Labels = Readonly<Record<string, string>>;

/** Whether `selector` takes an object with `labels`. (Kubernetes: staging/src/k8s.io/apimachinery/pkg/labels/selector.go.) */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  const equal = Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return equal && (selector?.matchExpressions ?? []).every((requirement) => meets(requirement, labels));
}

function meets({ key, operator, values = [] }: LabelSelectorRequirement, labels: Labels): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      throw new Error(`unknown operator ${operator}`);
  }
}
