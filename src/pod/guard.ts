import type { Container, EnvVar, Pod } from "kubernetes-types/core/v1";
import { guardCommand, isGuardCommand } from "./client-commands.ts";
import { helperContainer, hideToken } from "./client-container.ts";
import type { ClientPlan } from "./client-plan.ts";
import type { ResourceSizes } from "./client-resources.ts";
import { findContainer } from "./containers.ts";
import type { PodEditor } from "./pod-editor.ts";
import { sharedMount, sharedPath } from "./shared-volume.ts";

/**
 * The guard: it starts first, stops last, and then takes all mounts off the shared volumes, so that nothing live is
 * left for the kubelet to delete and the pod can go.
 */
export function guardContainer(
  name: string,
  client: ClientPlan,
  volumes: readonly string[],
  tokenVolume: string,
  resources: ResourceSizes,
): Container {
  return {
    ...helperContainer(name, client.template, resources),
    command: guardCommand(volumes.map(sharedPath)),
    volumeMounts: [...volumes.map(sharedMount), ...hideToken({}, tokenVolume)],
    ...(client.native ? { restartPolicy: "Always" } : { env: [holdOn(client)] }),
  };
}

/** A classic guard is told to stop together with the app and the clients, and has to outlast them. */
function holdOn({ holdSeconds, stopSeconds }: ClientPlan): EnvVar {
  return { name: "SLUICE_HOLD_SECONDS", value: String(holdSeconds + stopSeconds) };
}

/** Whether a guard of ours stands in the pod. */
export function hasGuard(pod: Pod): boolean {
  return findContainer(pod, isGuard) !== undefined;
}

/**
 * A guard is known by what it runs, never by its name, and by a mount that only a privileged container may have: what
 * merely looks like one would leave the pod without any.
 */
export function isGuard({ command, volumeMounts }: Container): boolean {
  const guards = volumeMounts?.some((mount) => mount.mountPropagation === "Bidirectional") ?? false;
  return guards && isGuardCommand(command);
}

/** Puts further volumes under the guard that is in the pod already. */
export function extendGuard(editor: PodEditor, volumes: readonly string[]): void {
  const found = findContainer(editor.pod, isGuard);
  if (found === undefined) return;
  const mounts = [...(found.container.volumeMounts ?? []), ...volumes.map(sharedMount)];
  const directories = mounts
    .filter((mount) => mount.mountPropagation === "Bidirectional")
    .map((m) => m.mountPath);
  editor.set(
    [...found.path, "command"],
    guardCommand(directories),
    "the guard also watches the new client's volumes",
  );
  for (const volume of volumes)
    editor.append([...found.path, "volumeMounts"], sharedMount(volume), "the guard also watches this volume");
}
