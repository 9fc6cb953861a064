import type { Container, Volume } from "kubernetes-types/core/v1";
import { named, textOf } from "./manifest-lists.ts";

/**
 * Those of a template's init containers that leave something for the client in one of the volumes, themselves or by way
 * of a later one, with their mounts of these volumes only. `clientVolumes` are the names that the client mounts. What an
 * init container does to the node or to the place of the mount is not needed in a pod: such are named in `dropped`.
 */
export function preparingContainers(
  initContainers: readonly Container[],
  clientVolumes: readonly string[],
  volumesOf: () => readonly Volume[],
  dropped: string[],
): Container[] {
  if (initContainers.length === 0) return [];
  const volumes = volumesOf();
  const known = new Set(volumes.map((volume) => volume.name));
  const writable = new Set(volumes.filter(canBeWritten).map((volume) => volume.name));
  const awaited = new Set(clientVolumes);
  const kept: Container[] = [];
  for (const container of [...initContainers].reverse()) {
    const mounts = named(container.volumeMounts).filter((mount) => known.has(mount.name));
    const leavesSomething = mounts.some(
      ({ name, readOnly }) => readOnly !== true && writable.has(name) && awaited.has(name),
    );
    if (leavesSomething && container.restartPolicy === undefined) {
      for (const mount of mounts) awaited.add(mount.name);
      kept.unshift({ ...container, volumeMounts: mounts });
    } else dropped.unshift(`init container ${textOf(container.name)}`);
  }
  return kept;
}

function canBeWritten({ emptyDir, hostPath, persistentVolumeClaim, ephemeral }: Volume): boolean {
  return (emptyDir ?? hostPath ?? persistentVolumeClaim ?? ephemeral) !== undefined;
}
