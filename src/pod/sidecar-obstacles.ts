import type { Pod } from "kubernetes-types/core/v1";
import { allContainers } from "../types/pod-containers.ts";
import type { Finding } from "../types/reason.ts";
import { hasGuard } from "./guard.ts";

/**
 * What stands in a pod against serving `volumes` by sidecars: each is a refusal.
 * `makerLabels`: labels by which pods are known whose makers take containers[0] for the application.
 * `nativeRemedy`: how the clients can be made native, in words.
 */
export function sidecarObstacles(
  pod: Pod,
  volumes: ReadonlySet<string>,
  native: boolean,
  makerLabels: readonly string[],
  nativeRemedy = "use native sidecars (Kubernetes 1.29 or newer, sluice.io/sidecar: native)",
): Finding[] {
  return [
    ...userNamespace(pod),
    ...windows(pod),
    ...blockDevices(pod, volumes),
    ...(native
      ? []
      : [...initContainers(pod, volumes, nativeRemedy), ...firstContainer(pod, makerLabels, nativeRemedy)]),
  ];
}

/**
 * What an earlier call put into the pod and something has taken out since: the pod would start on an empty directory,
 * or never end. `servedBefore`: the names of the volumes whose views a client keeps; `direct`: of those that a client
 * mounts straight into, which no guard watches over.
 */
export function missingParts(
  pod: Pod,
  servedBefore: ReadonlySet<string>,
  direct: readonly { readonly volume: string }[] = [],
): Finding[] {
  const shared = (pod.spec?.volumes ?? []).filter(
    ({ emptyDir }) => emptyDir?.medium === "Memory" && emptyDir.sizeLimit === "1Mi",
  );
  const shown = new Set([...servedBefore, ...direct.map(({ volume }) => volume)]);
  const seen = shared.length === 0 ? shown : volumesWithMounts(pod);
  const orphans = shared.filter(({ name }) => !shown.has(name) && seen.has(name));
  const findings = orphans.map(({ name }): Finding => {
    const message = `volume ${name} shows a client's mount, and that client is not in the pod: create the pod from its own manifest, not from a copy of an injected one`;
    return { code: "client-missing", message, volume: name };
  });
  if (servedBefore.size === 0 || hasGuard(pod)) return findings;
  const message =
    "the pod holds clients but not their guard, without which it may never end: create the pod from its own manifest, not from a copy of an injected one";
  return [...findings, { code: "client-missing", message }];
}

/** The volumes that a container sees with what is mounted in them; nobody but us lets mounts into so small a one in memory. */
function volumesWithMounts(pod: Pod): ReadonlySet<string> {
  const containers = allContainers(pod);
  const mounts = containers.flatMap((container) => container.volumeMounts ?? []);
  return new Set(
    mounts.filter((mount) => mount.mountPropagation === "HostToContainer").map((mount) => mount.name),
  );
}

function userNamespace(pod: Pod): Finding[] {
  if (pod.spec?.hostUsers !== false) return [];
  const message =
    "spec.hostUsers is false, and mounts never leave a user namespace, so the client's mount would not reach the app: remove hostUsers, or use sluice.io/mode: csi";
  return [{ code: "user-namespace", message }];
}

function windows({ spec }: Pod): Finding[] {
  const key = "kubernetes.io/os";
  const mark =
    spec?.os?.name === "windows"
      ? "spec.os.name is windows"
      : spec?.nodeSelector?.[key] === "windows"
        ? `spec.nodeSelector asks for ${key}=windows`
        : undefined;
  if (mark === undefined) return [];
  const message = `${mark}, and clients of datasets run on Linux only: use sluice.io/mode: csi if the node has a driver, or take the dataset's claim out of the pod`;
  return [{ code: "windows-pod", message }];
}

function blockDevices(pod: Pod, volumes: ReadonlySet<string>): Finding[] {
  return allContainers(pod).flatMap((container) =>
    (container.volumeDevices ?? [])
      .filter((device) => volumes.has(device.name))
      .map((device) => ({
        code: "block-device" as const,
        message: `container ${container.name} uses volume ${device.name} as a block device, and a dataset is a file system: use volumeMounts`,
        volume: device.name,
      })),
  );
}

function initContainers(pod: Pod, volumes: ReadonlySet<string>, remedy: string): Finding[] {
  return (pod.spec?.initContainers ?? []).flatMap((container) =>
    (container.volumeMounts ?? [])
      .filter((mount) => volumes.has(mount.name))
      .map((mount) => ({
        code: "init-container-needs-native" as const,
        message: `init container ${container.name} mounts dataset volume ${mount.name}, and a classic sidecar starts only after all init containers: ${remedy}`,
        volume: mount.name,
      })),
  );
}

function firstContainer(pod: Pod, makerLabels: readonly string[], remedy: string): Finding[] {
  const label = makerLabels.find((key) => pod.metadata?.labels?.[key] !== undefined);
  if (label === undefined) return [];
  const message = `the maker of this pod (label ${label}) takes the first container for the application, and a classic sidecar has to be the first: ${remedy}`;
  return [{ code: "first-container-is-app", message }];
}
