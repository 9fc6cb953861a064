import type { LabelSelector, LabelSelectorRequirement } from "kubernetes-types/meta/v1";
import { type Take, takeFields, takeList, takeMap, takeText } from "./checked-value.ts";

/** What the API server would refuse is refused here. (Kubernetes: API reference, LabelSelector v1 meta.) */
const takeRequirement: Take<LabelSelectorRequirement> = (value, path, remarks) => {
  const found = takeFields<LabelSelectorRequirement>({
    key: takeText,
    operator: takeText,
    values: takeList(takeText),
  })(value, path, remarks);
  if (found === undefined) return undefined;
  const { key, operator = "" } = found;
  const values = found.values ?? [];
  const needsValues = operator === "In" || operator === "NotIn";
  if (key === undefined) remarks.problems.push(`${path}.key is missing`);
  else if (!needsValues && operator !== "Exists" && operator !== "DoesNotExist")
    remarks.problems.push(`${path}.operator must be In, NotIn, Exists or DoesNotExist`);
  else if (needsValues !== values.length > 0)
    remarks.problems.push(`${path}.values must be ${needsValues ? "given" : "left out"} with ${operator}`);
  else return { key, operator, values };
  return undefined;
};

/** Those of a LabelSelector, for what has more of them. */
export const selectorFields = { matchLabels: takeMap(takeText), matchExpressions: takeList(takeRequirement) };

/** A LabelSelector. */
export const takeLabelSelector: Take<LabelSelector> = takeFields<LabelSelector>(selectorFields);
