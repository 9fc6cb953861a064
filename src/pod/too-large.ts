import type { Container, NodeSelectorTerm, Pod } from "kubernetes-types/core/v1";
import { allContainers } from "../types/pod-containers.ts";
import type { Finding } from "../types/reason.ts";

const mostContainers = 500;
const mostMounts = 5_000;
const mostVolumes = 5_000;
/** Of its node selector, its node affinity and its tolerations, which are held against every node. */
const mostConditions = 5_000;
const longestPath = 4_096;
const longestName = 253;

/**
 * What makes a pod too large to be worked on while others wait: no real pod comes near, and the API server's body limit
 * lets through what would take minutes. The API server looks at names and paths only after the webhooks.
 */
export function tooLarge(pod: Pod): Finding[] {
  const { spec } = pod;
  const containers = allContainers(pod);
  const volumes = spec?.volumes ?? [];
  let mounts = 0;
  for (const { volumeMounts } of containers) mounts += volumeMounts?.length ?? 0;
  const conditions = conditionsOf(spec);
  const reasons = [
    tooMany(containers.length, mostContainers, "containers"),
    tooMany(mounts, mostMounts, "volume mounts"),
    tooMany(volumes.length, mostVolumes, "volumes"),
    tooMany(conditions, mostConditions, "conditions on its node"),
    containers.some(hasLongPath) ? `a path over ${longestPath} characters` : "",
    containers.some(hasLongName) || volumes.some(hasLongName) ? `a name over ${longestName} characters` : "",
  ].filter(Boolean);
  if (reasons.length === 0) return [];
  const message = `the pod is too large to be given its datasets: it has ${reasons.join(" and ")}; split it up`;
  return [{ code: "too-large", message }];
}

function tooMany(count: number, most: number, what: string): string {
  return count > most ? `${count} ${what} (at most ${most})` : "";
}

function hasLongPath({ workingDir = "", volumeMounts = [] }: Container): boolean {
  if (workingDir.length > longestPath) return true;
  return volumeMounts.some(
    ({ mountPath, subPath = "", subPathExpr = "" }) =>
      Math.max(mountPath.length, subPath.length, subPathExpr.length) > longestPath,
  );
}

function hasLongName({ name }: { readonly name: string }): boolean {
  return name.length > longestName;
}

function conditionsOf(spec: Pod["spec"]): number {
  const { nodeSelector, tolerations, affinity } = spec ?? {};
  let count = (tolerations ?? []).length + Object.keys(nodeSelector ?? {}).length;
  const node = affinity?.nodeAffinity;
  for (const { preference } of node?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
    count += sizeOf(preference);
  for (const term of node?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [])
    count += sizeOf(term);
  return count;
}

function sizeOf({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): number {
  let count = 1;
  for (const { values = [] } of [...matchExpressions, ...matchFields]) count += 1 + values.length;
  return count;
}
