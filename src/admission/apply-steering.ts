import type { NodeAffinity } from "kubernetes-types/core/v1";
import { preferNodes, requireNodes } from "../pod/node-affinity.ts";
import type { PodEditor } from "../pod/pod-editor.ts";
import type { AddedAffinity } from "./steering.ts";

/** Puts the planned terms into the pod; what stands there already is not added again. */
export function applySteering(
  editor: PodEditor,
  added: AddedAffinity,
  why = "steers the pod toward the nodes that hold its datasets' cache",
): void {
  const { spread = [] } = added;
  if (spread.length > 0) editor.set(["spec", "topologySpreadConstraints"], spread, why);
  const affinity = editor.pod.spec?.affinity;
  const before = affinity?.nodeAffinity ?? undefined;
  const after = requireNodes(preferNodes(before, added.preferred), added.required);
  if (after === before || after === undefined) return;
  if (affinity === undefined || affinity === null)
    editor.set(["spec", "affinity"], { nodeAffinity: after }, why);
  else if (before === undefined) editor.set(["spec", "affinity", "nodeAffinity"], after, why);
  else
    for (const key of Object.keys(after) as (keyof NodeAffinity)[])
      editor.set(["spec", "affinity", "nodeAffinity", key], after[key], why);
}
