import type { Container, Pod } from "kubernetes-types/core/v1";

export type ContainerList = "initContainers" | "containers";

export interface FoundContainer {
  readonly container: Container;
  readonly list: ContainerList;
  readonly index: number;
  /** Where it stands in the pod, for `PodEditor`. */
  readonly path: readonly (string | number)[];
}

/** A container that is put into the pod, and why. */
export interface ExplainedContainer {
  readonly container: Container;
  readonly why: string;
}

/** All init containers and containers of the pod, in the order in which they start. */
export function containersOf(pod: Pod): FoundContainer[] {
  return (["initContainers", "containers"] as const).flatMap((list) =>
    (pod.spec?.[list] ?? []).map((container, index) => ({
      container,
      list,
      index,
      path: ["spec", list, index],
    })),
  );
}

/** The first container that `matches`, in the order in which they start. */
export function findContainer(
  pod: Pod,
  matches: (container: Container) => boolean,
): FoundContainer | undefined {
  return containersOf(pod).find((found) => matches(found.container));
}
