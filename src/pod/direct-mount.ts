import { posix } from "node:path";
import type { Volume, VolumeMount } from "kubernetes-types/core/v1";
import type { Finding } from "../types/reason.ts";
import type { DirectLayout } from "./direct-layout.ts";

/** A volume of the pod that shows a client's mount at its root. */
export interface DirectVolume {
  readonly name: string;
  /** The volume that stands for it: itself, or the first one that shows the same. */
  readonly volume: string;
  readonly isFirst: boolean;
  /** Name of the client's container. */
  readonly client: string;
  /** What it shows, in words: "Dataset default/imagenet". */
  readonly label: string;
  /** Where in the client's mount the claim's data begin, "" for the root. */
  readonly subPath: string;
  readonly readOnly: boolean;
  readonly replacement: Volume;
}

/** A container's mount of such a volume, and what is to be said of it; a refusal means that it cannot be served. */
export function directMount(
  where: string,
  mount: VolumeMount,
  volume: DirectVolume,
  layout: DirectLayout,
): { mount: VolumeMount; findings: Finding[] } {
  const findings: Finding[] = [];
  const say = (code: Finding["code"], message: string) =>
    findings.push({ code, message: `${where}, ${mount.mountPath}: ${message}`, volume: mount.name });
  const { subPath, subPathExpr, recursiveReadOnly, mountPropagation, readOnly, ...rest } = mount;
  const asked = subPath || subPathExpr || "";
  if (posix.isAbsolute(asked) || asked.split("/").includes(".."))
    say("bad-sub-path", `sub path ${asked} leads out of the dataset: name one below it`);
  const below = posix.join(volume.subPath, asked);
  const whole = ["", ".", "./"].includes(below);
  if (!whole && !layout.subPaths)
    say(
      "sub-path-not-on-platform",
      `sub path ${below} may be an empty directory on platform ${layout.platform}: mount all of ${volume.label}, or set platforms.${layout.platform}.mount.subPaths once you have seen it work`,
    );
  if (recursiveReadOnly !== undefined)
    say("recursive-read-only", "recursiveReadOnly is left out, for the mount lies below the volume");
  const propagates = layout.sharing.kind === "empty-dir";
  if (propagates && mountPropagation !== undefined && mountPropagation !== "HostToContainer")
    say("propagation-replaced", `mountPropagation ${mountPropagation} becomes HostToContainer`);
  const served: VolumeMount = {
    ...rest,
    name: volume.volume,
    ...(volume.readOnly || readOnly === true ? { readOnly: true } : {}),
    ...(whole ? {} : subPathExpr ? { subPathExpr: below } : { subPath: below }),
    ...(propagates ? { mountPropagation: "HostToContainer" } : {}),
  };
  return { mount: served, findings };
}
