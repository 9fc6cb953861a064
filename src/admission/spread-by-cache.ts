import type { Pod, TopologySpreadConstraint } from "kubernetes-types/core/v1";
import type { DatasetVolume } from "../types/dataset-volume.ts";
import type { Finding } from "../types/reason.ts";
import type { AddedAffinity } from "./steering.ts";

const hostname = "kubernetes.io/hostname";

/** Labels that the pods of one controller share, and no others carry. */
const siblingLabels = ["pod-template-hash", "controller-revision-hash", "batch.kubernetes.io/controller-uid"];

/**
 * Soft constraints by which nodes with the cache come before all others, whatever the scheduler's own spreading says.
 *
 * Spreading weighs as much as node affinity, so that every fifth pod of a large Deployment leaves the cache. Yet in
 * scoring, nodes without the key of a constraint get nothing for it, and a pod with constraints of its own is not spread
 * by the scheduler's defaults. With the cache's label as a key, spreading adds to the cache's nodes instead, and the
 * second constraint spreads the pods among them. Where they have no room, others are taken. (Kubernetes:
 * pkg/scheduler/framework/plugins/podtopologyspread, scoring.go.)
 */
export function spreadByCache(
  pod: Pod,
  datasets: readonly DatasetVolume[],
  { preferred }: AddedAffinity,
): { readonly spread: readonly TopologySpreadConstraint[]; readonly findings: readonly Finding[] } {
  const preferredKeys = preferred.flatMap(({ preference }) => preference.matchExpressions ?? []);
  const keys = datasets
    .flatMap(({ locality }) => locality.nodeLabel ?? [])
    .filter((label) => preferredKeys.some(({ key }) => key === label));
  const stated = pod.spec?.topologySpreadConstraints ?? [];
  if (keys.length === 0 || keys.every((key) => stated.some(({ topologyKey }) => topologyKey === key)))
    return { spread: [], findings: [] };
  if (stated.length > 0) {
    const message =
      "the pod states its own topologySpreadConstraints, so its cache is preferred and no more; remove them for strong to act";
    return { spread: [], findings: [{ code: "spreading-stated", message }] };
  }
  const siblings = siblingSelector(pod);
  const spread = [...keys, ...(siblings === undefined ? [] : [hostname])].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway" as const,
    ...(siblings === undefined ? {} : { labelSelector: siblings }),
  }));
  const message = `nodes with ${keys.join(", ")} come before the scheduler's own spreading`;
  return { spread, findings: [{ code: "cache-before-spreading", message }] };
}

function siblingSelector({ metadata }: Pod): TopologySpreadConstraint["labelSelector"] {
  const labels = metadata?.labels ?? {};
  const key = siblingLabels.find((label) => labels[label] !== undefined);
  const value = key === undefined ? undefined : labels[key];
  return key === undefined || value === undefined ? undefined : { matchLabels: { [key]: value } };
}
