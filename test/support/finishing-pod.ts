import type { Container, ContainerStatus, Pod } from "kubernetes-types/core/v1";
import type { Config } from "../../src/config.ts";
import { defaultConfig } from "../../src/config.ts";
import { decidePod, optedInCluster } from "./decide-pod.ts";
import { type FluidDataset, fluidDataset } from "./fluid-dataset.ts";

const withControllers: Partial<Config> = {
  sidecar: "classic",
  controllers: { ...defaultConfig.controllers, enabled: true },
};

type Spec = NonNullable<Pod["spec"]>;

/** What a pod of one of the datasets "data" and "models" becomes at its creation, with classic clients. */
export function injected(
  spec: Partial<Spec> & Pick<Spec, "containers">,
  metadata: Pod["metadata"] = {},
  datasets: readonly FluidDataset[] = [fluidDataset("data"), fluidDataset("models")],
  config = withControllers,
): Pod {
  const claims = ["data", "models"].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "job-1", namespace: "default", ...metadata },
    spec: { restartPolicy: "Never", volumes: claims, ...spec },
  };
  const decision = decidePod(pod, optedInCluster(datasets), config);
  if (decision.verdict !== "injected") throw new Error(decision.findings.map((f) => f.message).join("\n"));
  return decision.pod;
}

/** A container that mounts volumes at "/<volume>". */
export function mounting(name: string, ...volumes: readonly string[]): Container {
  return {
    name,
    image: "app:1",
    volumeMounts: volumes.map((volume) => ({ name: volume, mountPath: `/${volume}` })),
  };
}

/** How each container does: it has ended with a code, is started again, or (left out) runs. */
export type States = Readonly<Record<string, number | "back-off">>;

/** The pod as the API server has it once its kubelet has told of the containers. */
export function withStatus(
  pod: Pod,
  states: States,
  annotations: Readonly<Record<string, string>> = {},
): Pod {
  const statuses = (pod.spec?.containers ?? []).map(({ name }) => statusOf(name, states[name]));
  return {
    ...pod,
    metadata: {
      uid: "uid-1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...pod.metadata,
      annotations: { ...pod.metadata?.annotations, ...annotations },
    },
    status: { phase: "Running", containerStatuses: statuses },
  };
}

function statusOf(name: string, state: number | "back-off" | undefined): ContainerStatus {
  const common = { name, image: "app:1", imageID: "", ready: false, restartCount: 0 };
  const terminated = { exitCode: typeof state === "number" ? state : 1, finishedAt: "2026-01-01T00:10:00Z" };
  if (state === undefined) return { ...common, ready: true, state: { running: {} } };
  if (state !== "back-off") return { ...common, state: { terminated } };
  return { ...common, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated } };
}
