import type { Container, Pod, Volume } from "kubernetes-types/core/v1";
import { parseMountedCommand } from "./client-commands.ts";
import { containersOf } from "./containers.ts";
import type { PodEditor } from "./pod-editor.ts";

/** A volume that shows the mount of a client in the pod. */
export interface DirectlyServed {
  readonly volume: string;
  /** Name of the client's container. */
  readonly client: string;
  /** Whether the client mounts into the volume itself, so that who sees it needs propagation. */
  readonly propagates: boolean;
}

/**
 * The volumes that show the mounts of clients in the pod without views. They are known by their structure, never by a
 * mark: by what asks for the client's mount, and the shared volume that lies there, or the one whose driver finds it.
 */
export function directlyServed(pod: Pod): DirectlyServed[] {
  const volumes =
    pod.spec?.volumes?.filter(({ emptyDir, csi }) => csi || emptyDir?.medium === "Memory") ?? [];
  if (volumes.length === 0) return [];
  const inPod = new Set(volumes.map(({ name }) => name));
  let byAttribute: Map<string, string[]> | undefined;
  return containersOf(pod).flatMap(({ container }): DirectlyServed[] => {
    const path = mountOf(container);
    if (path === undefined) return [];
    const client = container.name;
    const mount = container.volumeMounts?.find((candidate) => candidate.mountPath === path);
    if (mount !== undefined && inPod.has(mount.name))
      return [{ volume: mount.name, client, propagates: true }];
    byAttribute ??= volumesByAttribute(volumes);
    const name = path.slice(path.lastIndexOf("/") + 1);
    const shown = byAttribute.get(name) ?? [];
    // Of several with one name the driver would find any.
    byAttribute.delete(name);
    return shown.map((volume) => ({ volume, client, propagates: false }));
  });
}

/** Names of the volumes of drivers, by the values of their attributes. */
function volumesByAttribute(volumes: readonly Volume[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name, csi } of volumes)
    for (const value of new Set(Object.values(csi?.volumeAttributes ?? {}))) {
      const names = found.get(value) ?? [];
      found.set(value, names);
      names.push(name);
    }
  return found;
}

function mountOf({ startupProbe, readinessProbe, lifecycle }: Container): string | undefined {
  return (
    parseMountedCommand(startupProbe?.exec?.command) ??
    parseMountedCommand(readinessProbe?.exec?.command) ??
    parseMountedCommand(lifecycle?.postStart?.exec?.command)
  );
}

/**
 * Lets containers that came after the clients see their mounts: by propagation, read-only where all others see the
 * volume so, and behind the client that an init container needs.
 */
export function serveLateDirect(editor: PodEditor, served: readonly DirectlyServed[]): void {
  if (served.length === 0) return;
  const clients = new Set(served.map(({ client }) => client));
  for (const { volume, client, propagates } of served) {
    moveConsumers(editor, volume, client);
    if (!propagates) continue;
    const mounts = containersOf(editor.pod).flatMap(({ container, path }) =>
      clients.has(container.name)
        ? []
        : (container.volumeMounts ?? []).flatMap((mount, index) =>
            mount.name === volume ? [{ mount, path: [...path, "volumeMounts", index] }] : [],
          ),
    );
    const before = mounts.filter(({ mount }) => mount.mountPropagation === "HostToContainer");
    const readOnly = before.length > 0 && before.every(({ mount }) => mount.readOnly === true);
    for (const { mount, path } of mounts) {
      if (mount.mountPropagation === "HostToContainer") continue;
      const why = `sees the dataset at ${mount.mountPath} as ${client}, which is in the pod already, mounts it`;
      editor.set([...path, "mountPropagation"], "HostToContainer", why);
      if (readOnly) editor.set([...path, "readOnly"], true, why);
    }
  }
}

/** From the back, so that one that is moved does not shift those that are still to be looked at. */
function moveConsumers(editor: PodEditor, volume: string, client: string): void {
  const containers = () => editor.pod.spec?.initContainers ?? [];
  const place = () => containers().findIndex(({ name }) => name === client);
  for (let index = place() - 1; index >= 0; index--) {
    const container = containers()[index];
    if (!container?.volumeMounts?.some((mount) => mount.name === volume)) continue;
    const why = `init container ${container.name} needs data, so it starts after ${client}`;
    editor.move(["spec", "initContainers"], index, place(), why);
  }
}
