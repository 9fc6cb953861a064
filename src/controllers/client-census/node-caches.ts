import { type RawObject, textMapAt } from "../../cluster/raw-fields.ts";
import { datasetPrefix } from "../../datasets/fluid/labels.ts";

/** Keys of a node's labels by which it holds datasets' caches. (Fluid: pkg/utils/label.go.) */
export function readNodeCaches(raw: RawObject): ReadonlySet<string> {
  return cachesByLabels(textMapAt(raw, "metadata", "labels"));
}

/** The same of a node's labels alone. */
export function cachesByLabels(labels: Readonly<Record<string, string>>): ReadonlySet<string> {
  return new Set(
    Object.entries(labels).flatMap(([key, value]) =>
      key.startsWith(datasetPrefix) && value === "true" ? [key] : [],
    ),
  );
}
