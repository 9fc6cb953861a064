import type { Volume, VolumeMount } from "kubernetes-types/core/v1";
import { below, cleanAbsolutePath, cleanSubPath, joinBelow } from "../paths.ts";

/** The volume mount through which a client's mount reaches the node. */
export interface SharedMount {
  readonly volumeName: string;
  readonly mountPath: string;
  /** Where the mount itself is, in the client's container. */
  readonly clientPath: string;
}

/**
 * Finds the mount whose hostPath the node's `hostPath` lies in. The names that Fluid's charts give it come first, then
 * the longest path, then a mount that propagates to the node.
 */
export function findSharedMount(
  mounts: readonly VolumeMount[],
  volumes: ReadonlyMap<string, Volume>,
  hostPath: string,
): SharedMount | undefined {
  let best: SharedMount | undefined;
  let bestRank = Number.NEGATIVE_INFINITY;
  for (const mount of mounts) {
    const shared = candidate(mount, volumes.get(mount.name), hostPath);
    const rank = shared ? rankOf(mount, shared) : Number.NEGATIVE_INFINITY;
    if (rank > bestRank) {
      best = shared;
      bestRank = rank;
    }
  }
  return best;
}

function candidate(
  mount: VolumeMount,
  volume: Volume | undefined,
  hostPath: string,
): SharedMount | undefined {
  const volumePath = cleanAbsolutePath(volume?.hostPath?.path);
  const subPath = cleanSubPath(mount.subPath ?? "");
  const mountPath = cleanAbsolutePath(mount.mountPath);
  if (volumePath === undefined || subPath === undefined || mountPath === undefined || mount.subPathExpr)
    return undefined;
  const rest = below(joinBelow(volumePath, subPath), hostPath);
  if (rest === undefined) return undefined;
  return { volumeName: mount.name, mountPath: mount.mountPath, clientPath: joinBelow(mountPath, rest) };
}

/** Paths have at most 4,096 bytes, so a name of the charts outweighs any path and propagation none. */
function rankOf(mount: VolumeMount, shared: SharedMount): number {
  const fluidName = mount.name.endsWith("-fuse-mount") ? 100_000 : 0;
  const rest = shared.clientPath.length - shared.mountPath.length;
  return fluidName - rest + (mount.mountPropagation === "Bidirectional" ? 0.5 : 0);
}
