import type { Container, Pod } from "kubernetes-types/core/v1";
import { allContainers, lastingContainers } from "../types/pod-containers.ts";
import { parseQuantity } from "../types/quantity.ts";
import type { Finding } from "../types/reason.ts";
import type { ResourceSizes } from "./client-resources.ts";

/**
 * Whether the kubelet counts the pod as Guaranteed: every container has limits for cpu and memory, and requests that
 * are absent or equal to them (Kubernetes: pkg/apis/core/v1/helper/qos).
 */
export function isGuaranteed(pod: Pod): boolean {
  const containers = allContainers(pod);
  return containers.length > 0 && containers.every(isGuaranteedContainer);
}

/** Whether the kubelet counts the pod as BestEffort: no container asks for cpu or memory, and none is limited in it. */
export function isBestEffort(pod: Pod): boolean {
  const containers = allContainers(pod);
  return podResources(pod) === undefined && containers.every((container) => !isSized(container));
}

function isSized({ resources }: Container): boolean {
  return ["cpu", "memory"].some(
    (name) => (parseQuantity(resources?.requests?.[name] ?? resources?.limits?.[name]) ?? 0) > 0,
  );
}

/** The sizes of a container of ours in `pod`: it must not be what keeps a Guaranteed pod from staying so. */
export function sizesWithin(pod: Pod, sizes: ResourceSizes): ResourceSizes {
  return isGuaranteed(pod) ? { requests: sizes.limits, limits: sizes.limits } : sizes;
}

/**
 * Where the containers, ours among them, do not fit into the resources that the pod states as a whole; the API server
 * would refuse the pod in words that nobody connects with its clients (Kubernetes: pod-level resources).
 */
export function podLevelConflicts(pod: Pod): Finding[] {
  const stated = podResources(pod);
  if (stated === undefined) return [];
  const running = lastingContainers(pod);
  return (["cpu", "memory"] as const).flatMap((name) => {
    const limit = parseQuantity(stated.limits?.[name]);
    const request = parseQuantity(stated.requests?.[name]);
    const limits = running.map(({ resources }) => parseQuantity(resources?.limits?.[name]) ?? 0);
    const requests = running.map(({ resources }) => parseQuantity(resources?.requests?.[name]) ?? 0);
    const tooMuch = [
      ...(limit !== undefined && Math.max(0, ...limits) > limit ? [`limit of ${stated.limits?.[name]}`] : []),
      ...(request !== undefined && sum(requests) > request ? [`request of ${stated.requests?.[name]}`] : []),
    ];
    return tooMuch.map((what) => ({
      code: "pod-level-resources" as const,
      message: `the clients do not fit into the pod's ${name} ${what} (spec.resources): raise it, or make them smaller by sluice.io/client-${name}-request and -limit`,
    }));
  });
}

interface PodResources {
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly requests?: Readonly<Record<string, unknown>>;
}

/** spec.resources, which is newer than the types at hand. */
function podResources(pod: Pod): PodResources | undefined {
  const spec: object | undefined = pod.spec;
  return spec !== undefined && "resources" in spec && spec.resources ? spec.resources : undefined;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, next) => total + next, 0);
}

function isGuaranteedContainer({ resources }: Container): boolean {
  return ["cpu", "memory"].every((name) => {
    const limit = parseQuantity(resources?.limits?.[name]);
    const request = parseQuantity(resources?.requests?.[name] ?? resources?.limits?.[name]);
    return limit !== undefined && limit > 0 && request === limit;
  });
}
