import type { Container, ContainerStatus, Pod } from "kubernetes-types/core/v1";
import { containersOf } from "./containers.ts";

/** What a pod's status tells of its containers, by their names. */
export class PodStatuses {
  readonly pod: Pod;
  readonly #containers: ReadonlyMap<string, Container>;
  readonly #statuses: ReadonlyMap<string, ContainerStatus>;

  constructor(pod: Pod) {
    this.pod = pod;
    this.#containers = new Map(containersOf(pod).map(({ container }) => [container.name, container]));
    const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
    this.#statuses = new Map(
      [...initContainerStatuses, ...containerStatuses].map((status) => [status.name, status]),
    );
  }

  /** Whether somebody has asked for the pod's deletion. */
  get isEnding(): boolean {
    return this.pod.metadata?.deletionTimestamp !== undefined;
  }

  /** As the spec has it. */
  container(name: string): Container | undefined {
    return this.#containers.get(name);
  }

  /** As the kubelet has told last; undefined before that. */
  of(name: string): ContainerStatus | undefined {
    return this.#statuses.get(name);
  }

  /** Whether it runs now. */
  runs(name: string): boolean {
    return this.of(name)?.state?.running !== undefined;
  }

  /** Whether it runs or has run before. */
  hasRun(name: string): boolean {
    const { state, lastState } = this.of(name) ?? {};
    return [state?.running, state?.terminated, lastState?.terminated].some((part) => part !== undefined);
  }

  /** Whether the kubelet starts it again once it has ended so. (Kubernetes: docs, "Pod Lifecycle".) */
  willRestart(name: string, exitCode: number): boolean {
    if (this.isEnding) return false;
    const policy = this.container(name)?.restartPolicy ?? this.pod.spec?.restartPolicy ?? "Always";
    return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
  }
}
