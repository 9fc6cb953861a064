import type { Container, VolumeMount } from "kubernetes-types/core/v1";
import { compactScript } from "../types/compact-script.ts";
import { containersOf } from "./containers.ts";
import type { PodEditor } from "./pod-editor.ts";
import checkText from "./scripts/check.sh";
import type { DirectlyServed } from "./serve-late-direct.ts";
import { byVolume, type ServedVolume } from "./served-volume.ts";

/** As long as Fluid's check of an app's mounts (pkg/application/inject/fuse/poststart/check_fuse_app.go). */
const checkSeconds = 10;

const checkScript = compactScript(checkText);

/** A path of a container, and the types by which mountinfo may know what is mounted there. */
export interface CheckedMount {
  readonly path: string;
  readonly fileSystems: string;
}

/** `command` of a hook that fails unless all mounts are there within `seconds`. Kubernetes expands nothing in hooks. */
export function checkCommand(seconds: number, mounts: readonly CheckedMount[]): string[] {
  return [
    "sh",
    "-c",
    checkScript,
    "sluice-check",
    String(seconds),
    ...mounts.flatMap(({ path, fileSystems }) => [path, fileSystems]),
  ];
}

/**
 * Gives each container that sees a dataset, by a view or directly, a hook that looks for it, unless it has a postStart of its own. An init
 * container may have none (Kubernetes: pkg/apis/core/validation), unless it is a native sidecar.
 */
export function checkMounts(
  editor: PodEditor,
  served: readonly ServedVolume[],
  direct: readonly DirectlyServed[],
): void {
  const volumes = byVolume(served);
  const clients = new Map(direct.map(({ volume, client }) => [volume, client]));
  const inClients = new Set(clients.values());
  const clientOf = (mount: VolumeMount): string | undefined => {
    const volume = volumes.get(mount.name);
    return volume?.shows(mount) === true ? volume.client : clients.get(mount.name);
  };
  const found = containersOf(editor.pod);
  const types = new Map(found.map(({ container }) => [container.name, fileSystemsOf(container)]));
  for (const { container, list, path } of found) {
    if (list === "initContainers" && container.restartPolicy !== "Always") continue;
    if (container.lifecycle?.postStart !== undefined || isOurs(container)) continue;
    if (inClients.has(container.name)) continue;
    const mounts = (container.volumeMounts ?? []).flatMap((mount): CheckedMount[] => {
      const client = clientOf(mount);
      return client === undefined
        ? []
        : [{ path: mount.mountPath, fileSystems: types.get(client) ?? "fuse" }];
    });
    if (mounts.length === 0) continue;
    const postStart = { exec: { command: checkCommand(checkSeconds, mounts) } };
    const why = `container ${container.name} fails to start when its dataset is not mounted, as the pod asks`;
    editor.merge([...path, "lifecycle"], { postStart }, why);
  }
}

/** What the client's supervisor was told of its mount. */
function fileSystemsOf({ env }: Container): string | undefined {
  return env?.find(({ name }) => name === "SLUICE_FILE_SYSTEMS")?.value;
}

function isOurs({ command }: Container): boolean {
  return command?.[3]?.startsWith("sluice-") === true;
}
