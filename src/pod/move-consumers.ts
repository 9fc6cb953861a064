import type { Container } from "kubernetes-types/core/v1";
import type { PodEditor } from "./pod-editor.ts";
import { byVolume, type ServedVolume } from "./served-volume.ts";

/**
 * Moves each init container that needs data, yet stands before the client that serves it, behind the last client.
 * Those that are moved keep their order among each other; clients stay where they are.
 */
export function moveConsumersBehind(editor: PodEditor, served: readonly ServedVolume[]): void {
  const keepers = new Set(served.map((volume) => volume.client));
  const volumes = byVolume(served);
  // From the back, so that one that is moved does not shift those that are still to be looked at.
  for (let index = lastKeeper(editor, keepers) - 1; index >= 0; index--) {
    const containers = initContainersOf(editor);
    const container = containers[index];
    if (container === undefined || keepers.has(container.name)) continue;
    if (!needsLater(container, containers.slice(index + 1), volumes)) continue;
    const why = `init container ${container.name} needs data, so it starts after the clients`;
    editor.move(["spec", "initContainers"], index, lastKeeper(editor, keepers), why);
  }
}

function needsLater(
  container: Container,
  later: readonly Container[],
  volumes: ReadonlyMap<string, ServedVolume>,
): boolean {
  return (container.volumeMounts ?? []).some((mount) => {
    const volume = volumes.get(mount.name);
    return volume?.shows(mount) && later.some((other) => other.name === volume.client);
  });
}

function lastKeeper(editor: PodEditor, keepers: ReadonlySet<string>): number {
  return initContainersOf(editor).findLastIndex((container) => keepers.has(container.name));
}

function initContainersOf(editor: PodEditor): readonly Container[] {
  return editor.pod.spec?.initContainers ?? [];
}
