import { type RawObject, textMapAt } from "../../cluster/raw-fields.ts";
import { datasetPrefix } from "../../datasets/fluid/labels.ts";

/** Keys of a node's labels by which it holds datasets' caches. (Fluid: pkg/utils/label.go.) */
export function readNodeCaches(raw: RawObject): ReadonlySet<string> {
  const labels = Object.entries(textMapAt(raw, "metadata", "labels"));
  return new Set(
    labels.flatMap(([key, value]) => (key.startsWith(datasetPrefix) && value === "true" ? [key] : [])),
  );
}
