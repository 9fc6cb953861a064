import type { Claim, PersistentVolume } from "../../cluster/cluster-view.ts";
import { cleanAbsolutePath, cleanSubPath } from "../paths.ts";
import { Problem, type Trail } from "../problem.ts";
import type { ServedDataset } from "./find-dataset.ts";

/** What a dataset's volume says of its mount. */
export interface MountAttributes {
  /** Where nodes have the client's mount: absolute and clean. */
  readonly hostPath: string;
  readonly mountType: string;
  /** Where in the mount the dataset begins: relative and clean. */
  readonly subPath: string;
  /** The volume grants no writing to anybody. */
  readonly readOnly: boolean;
}

/**
 * Reads the mount's attributes from the volume of the Dataset's own claim. The way is by `spec.volumeName` and back by
 * `claimRef`: Fluid's names for volumes ("<namespace>-<name>") can be those of another namespace's.
 */
export function mountAttributes(found: ServedDataset, trail: Trail): MountAttributes | Problem {
  const volume = ownVolume(found, trail);
  if (volume instanceof Problem) return volume;

  const { namespace, name } = found.dataset;
  const attributes = volume.csi?.attributes ?? {};
  const path = attributes["fluid_path"];
  const hostPath = cleanAbsolutePath(path);
  if (hostPath === undefined)
    return trail.problem("volume-without-attributes", (show) => {
      const what = path
        ? `fluid_path ${show(path)} is no absolute path`
        : "there is no CSI attribute fluid_path";
      return `PersistentVolume ${show(volume.name)} of Dataset ${show(`${namespace}/${name}`)} is no Fluid volume: ${what}; recreate the Dataset`;
    });

  const { physical } = found;
  const leadsTo = `${attributes["runtime_namespace"] ?? physical.dataset.namespace}/${attributes["runtime_name"] ?? physical.dataset.name}`;
  const expected = `${physical.dataset.namespace}/${physical.dataset.name}`;
  if (leadsTo !== expected)
    return trail.problem(
      "volume-of-other-dataset",
      (show) =>
        `PersistentVolume ${show(volume.name)} of Dataset ${show(`${namespace}/${name}`)} leads to Dataset ${show(leadsTo)}, not to ${show(expected)}: recreate the Dataset`,
    );

  const asked = attributes["fluid_sub_path"] ?? "";
  const subPath = cleanSubPath(asked);
  if (subPath === undefined)
    return trail.problem(
      "bad-sub-path",
      (show) =>
        `Dataset ${show(`${namespace}/${name}`)} begins at sub path ${show(asked)}, which may lead out of its source: name one without ".." and leading "/"`,
    );

  return {
    hostPath,
    mountType: attributes["mount_type"] ?? "",
    subPath,
    readOnly: grantsReadingOnly(volume.accessModes),
  };
}

/** Whether access modes grant reading and nothing else. */
export function grantsReadingOnly(accessModes: readonly string[]): boolean {
  return accessModes.length > 0 && accessModes.every((mode) => mode === "ReadOnlyMany");
}

function ownVolume({ claim, dataset }: ServedDataset, trail: Trail): PersistentVolume | Problem {
  const { namespace, name } = dataset;
  const own = claim.name === name ? claim : trail.claim(namespace, name);
  const full = `${namespace}/${name}`;
  if (!own)
    return trail.problem(
      "claim-not-found",
      (show) =>
        `Dataset ${show(full)} of claim ${show(claim.name)} has no claim of its own name: wait until Fluid has created it`,
    );
  if (own.deleting)
    return trail.problem(
      "claim-being-deleted",
      (show) =>
        `claim ${show(full)} of the Dataset of that name is being deleted: create the pod again when it is back`,
    );
  if (!own.volumeName)
    return trail.problem(
      "claim-not-bound",
      (show) => `claim ${show(full)} of the Dataset of that name has no volume yet: wait until it is bound`,
    );

  const volume = trail.persistentVolume(own.volumeName);
  if (!volume)
    return trail.problem(
      "volume-not-found",
      (show) =>
        `PersistentVolume ${show(own.volumeName ?? "")} of claim ${show(full)} does not exist: recreate Dataset ${show(name)}`,
    );
  if (!isBoundTo(volume, own))
    return trail.problem("volume-of-other-claim", (show) => {
      const ref = volume.claimRef;
      const other = !ref
        ? "no claim"
        : ref.namespace === namespace && ref.name === name
          ? "an earlier claim of that name"
          : `claim ${show(`${ref.namespace}/${ref.name}`)}`;
      return `claim ${show(full)} names PersistentVolume ${show(volume.name)}, which is bound to ${other}: recreate the claim`;
    });
  return volume;
}

function isBoundTo({ claimRef }: PersistentVolume, claim: Claim): boolean {
  if (claimRef?.namespace !== claim.namespace || claimRef.name !== claim.name) return false;
  return !claimRef.uid || !claim.uid || claimRef.uid === claim.uid;
}
