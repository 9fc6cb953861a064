import type { Container, EnvVar, Pod, Volume, VolumeMount } from "kubernetes-types/core/v1";
import { fieldAt, objectsAt, type RawObject, textAt, textMapAt, textsAt } from "../../cluster/raw-fields.ts";

/** A container, with what newer versions of Kubernetes let it say about its own restarts. (Kubernetes: KEP-5307.) */
export interface RestartableContainer extends Container {
  readonly restartPolicyRules?: readonly RestartRule[];
}

export interface RestartRule {
  readonly action: string;
  readonly operator: string;
  readonly exitCodes: readonly number[];
}

/** What tells whether the clients of a pod are still needed: the only parts that are read. */
export interface RunningPod extends Pod {
  readonly spec: NonNullable<Pod["spec"]> & { readonly containers: RestartableContainer[] };
  readonly containerStatuses: ReadonlyMap<string, EndedContainer>;
}

/** How a container ended that does not run now. */
export interface EndedContainer {
  readonly exitCode: number;
  /** Milliseconds since 1970; undefined where the kubelet does not say. */
  readonly finishedAt: number | undefined;
}

/** Reads a pod as the API server has it. Parts of the wrong type count as absent. */
export function readRunningPod(raw: RawObject): RunningPod {
  return {
    metadata: { annotations: textMapAt(raw, "metadata", "annotations") },
    spec: {
      restartPolicy: textAt(raw, "spec", "restartPolicy") ?? "Always",
      containers: objectsAt(raw, "spec", "containers").map(readContainer),
      volumes: objectsAt(raw, "spec", "volumes").map(readVolume),
    },
    containerStatuses: readStatuses(raw),
  };
}

function readContainer(raw: RawObject): RestartableContainer {
  const restartPolicy = textAt(raw, "restartPolicy");
  return {
    name: textAt(raw, "name") ?? "",
    command: textsAt(raw, "command"),
    env: objectsAt(raw, "env").map(
      (entry): EnvVar => ({ name: textAt(entry, "name") ?? "", value: textAt(entry, "value") ?? "" }),
    ),
    volumeMounts: objectsAt(raw, "volumeMounts").map(readMount),
    restartPolicyRules: objectsAt(raw, "restartPolicyRules").map(readRule),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
  };
}

function readMount(raw: RawObject): VolumeMount {
  const mountPropagation = textAt(raw, "mountPropagation");
  return {
    name: textAt(raw, "name") ?? "",
    mountPath: textAt(raw, "mountPath") ?? "",
    ...(mountPropagation === undefined ? {} : { mountPropagation }),
  };
}

function readRule(raw: RawObject): RestartRule {
  const values = fieldAt(raw, "exitCodes", "values");
  return {
    action: textAt(raw, "action") ?? "",
    operator: textAt(raw, "exitCodes", "operator") ?? "",
    exitCodes: Array.isArray(values) ? values.filter((value) => typeof value === "number") : [],
  };
}

function readVolume(raw: RawObject): Volume {
  const items = objectsAt(raw, "downwardAPI", "items").map((item) => ({
    path: textAt(item, "path") ?? "",
    fieldRef: { fieldPath: textAt(item, "fieldRef", "fieldPath") ?? "" },
  }));
  return {
    name: textAt(raw, "name") ?? "",
    ...(items.length > 0 ? { downwardAPI: { items } } : {}),
    ...(fieldAt(raw, "emptyDir") === undefined ? {} : { emptyDir: {} }),
  };
}

function readStatuses(raw: RawObject): ReadonlyMap<string, EndedContainer> {
  const ended = new Map<string, EndedContainer>();
  for (const status of objectsAt(raw, "status", "containerStatuses")) {
    const exitCode = fieldAt(status, "state", "terminated", "exitCode");
    const finished = Date.parse(textAt(status, "state", "terminated", "finishedAt") ?? "");
    const name = textAt(status, "name");
    if (name === undefined || typeof exitCode !== "number") continue;
    ended.set(name, { exitCode, finishedAt: Number.isNaN(finished) ? undefined : finished });
  }
  return ended;
}
