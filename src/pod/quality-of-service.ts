import type { Container, Pod } from "kubernetes-types/core/v1";
import type { ResourceSizes } from "./client-resources.ts";
import { parseQuantity } from "./quantity.ts";

/**
 * Whether the kubelet counts the pod as Guaranteed: every container has limits for cpu and memory, and requests that
 * are absent or equal to them (Kubernetes: pkg/apis/core/v1/helper/qos).
 */
export function isGuaranteed(pod: Pod): boolean {
  const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
  return containers.length > 0 && containers.every(isGuaranteedContainer);
}

/** The sizes of a container of ours in `pod`: it must not be what keeps a Guaranteed pod from staying so. */
export function sizesWithin(pod: Pod, sizes: ResourceSizes): ResourceSizes {
  return isGuaranteed(pod) ? { requests: sizes.limits, limits: sizes.limits } : sizes;
}

function isGuaranteedContainer({ resources }: Container): boolean {
  return ["cpu", "memory"].every((name) => {
    const limit = parseQuantity(resources?.limits?.[name]);
    const request = parseQuantity(resources?.requests?.[name] ?? resources?.limits?.[name]);
    return limit !== undefined && limit > 0 && request === limit;
  });
}
