import type { Volume } from "kubernetes-types/core/v1";
import type { RuntimeType } from "./runtimes.ts";

export interface CacheQuestion {
  readonly type: RuntimeType;
  /** Names of the volumes in the runtime's own spec. */
  readonly ownVolumes: readonly string[];
  readonly hasTieredStore: boolean;
}

/**
 * Whether a volume of the client's template is a directory in which the node's clients keep what they have read. It is
 * known by what it is: Fluid's own name for it in this type of runtime, a directory of the node or of the pod, and none
 * of the volumes that the runtime's user added, or its ThinRuntimeProfile. Fluid goes by the beginning of the name, whatever
 * the volume is (pkg/application/inject/fuse/mutator).
 */
export function isCacheDirectory(
  volume: Volume,
  { type, ownVolumes, hasTieredStore }: CacheQuestion,
): boolean {
  if (ownVolumes.includes(volume.name)) return false;
  // The node's time zone, which Fluid treats alike: no part of it is the client's.
  if (volume.hostPath?.path === "/etc/localtime") return true;
  // Fluid: charts/thin. Without a tiered store Fluid makes no cache, and a volume of that name is the profile's.
  if (type.cacheNeedsTieredStore && !hasTieredStore) return false;
  return (
    (volume.hostPath !== undefined || volume.emptyDir !== undefined) &&
    type.cacheVolumes?.test(volume.name) === true
  );
}
