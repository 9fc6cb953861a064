import type { Volume } from "kubernetes-types/core/v1";
import type { RuntimeType } from "./runtimes.ts";

/**
 * Whether a volume of the client's template is a directory in which the node's clients keep what they have read. It is
 * known by what it is: Fluid's own name for it in this type of runtime, a directory of the node or of the pod, and none
 * of the volumes that the runtime's user added. Fluid goes by the beginning of the name, whatever the volume is
 * (pkg/application/inject/fuse/mutator).
 */
export function isCacheDirectory(
  volume: Volume,
  { type, ownVolumes }: { readonly type: RuntimeType; readonly ownVolumes: readonly string[] },
): boolean {
  if (ownVolumes.includes(volume.name)) return false;
  // The node's time zone, which Fluid treats alike: no part of it is the client's.
  if (volume.hostPath?.path === "/etc/localtime") return true;
  return (
    (volume.hostPath !== undefined || volume.emptyDir !== undefined) &&
    type.cacheVolumes?.test(volume.name) === true
  );
}
