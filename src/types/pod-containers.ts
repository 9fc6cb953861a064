import type { Container, Pod } from "kubernetes-types/core/v1";

/** All init containers and containers of a pod, in the order in which they start. */
export function allContainers({ spec }: Pod): Container[] {
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

/** Those that run side by side while the pod runs: native sidecars and containers, in the order in which they start. */
export function lastingContainers({ spec }: Pod): Container[] {
  const native = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === "Always");
  return [...native, ...(spec?.containers ?? [])];
}
