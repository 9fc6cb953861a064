import type { Volume, VolumeMount } from "kubernetes-types/core/v1";

/** Where the shared volumes are mounted in clients and guard; below it one directory for each volume of the pod. */
export const viewsRoot = "/sluice/views";

/**
 * A volume that clients show their mounts in. Memory, for on its teardown the kubelet unmounts what is left in it; from
 * a volume on disk it would delete through a live mount. It holds directories and links only.
 */
export function sharedVolume(name: string): Volume {
  return { name, emptyDir: { medium: "Memory", sizeLimit: "1Mi" } };
}

/** How client and guard mount it, so that what they mount in it reaches the other containers. */
export function sharedMount(volume: string): VolumeMount {
  return { name: volume, mountPath: sharedPath(volume), mountPropagation: "Bidirectional" };
}

/** Whether `mount` is as `sharedMount` makes it: only clients and guards mount a shared volume this way. */
export function isSharedMount(mount: VolumeMount): boolean {
  return mount.mountPropagation === "Bidirectional" && mount.mountPath === sharedPath(mount.name);
}

/** Where a client and the guard have the shared volume. */
export function sharedPath(volume: string): string {
  return `${viewsRoot}/${volume}`;
}
