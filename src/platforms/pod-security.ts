import type { Container, Pod } from "kubernetes-types/core/v1";
import { allContainers } from "../types/pod-containers.ts";
import type { Finding } from "../types/reason.ts";
import type { PodOrigins } from "./check-pod.ts";

const enforceLabel = "pod-security.kubernetes.io/enforce";

// Kubernetes: docs, "Pod Security Standards", baseline, "Capabilities".
const baselineCapabilities: readonly string[] = [
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
];

/**
 * Tells of a namespace whose Pod Security level refuses what was put into the pod, before the API server does so in
 * words that nobody connects with a dataset. `exempt`: whether the cluster may exempt such pods, which cannot be seen.
 */
export function checkPodSecurity(
  pod: Pod,
  namespace: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
  origins: PodOrigins,
  exempt: boolean,
): Finding[] {
  const level = namespace.labels[enforceLabel];
  if (level === undefined || level === "privileged") return [];
  const culprit = findCulprit(pod, origins, level !== "baseline");
  if (culprit === undefined) return [];
  const message = `namespace ${namespace.name} enforces Pod Security level ${level.slice(0, 20)}, which refuses ${culprit}: use another namespace, sluice.io/mode: csi, or label this one ${enforceLabel}=privileged`;
  if (exempt) return [{ code: "pod-security-exempt", message }];
  return [{ code: "pod-security", message, restsOn: [{ kind: "Namespace", name: namespace.name }] }];
}

function findCulprit(pod: Pod, origins: PodOrigins, restricted: boolean): string | undefined {
  const containers = allContainers(pod);
  // The guard comes before the client, whose name says more.
  for (const container of containers.toReversed()) {
    if (!origins.containers.has(container.name)) continue;
    const why = aboveBaseline(container) ?? (restricted ? "a container that runs as root" : undefined);
    if (why !== undefined) return `${why} (${container.name})`;
  }
  const host = pod.spec?.volumes?.find((volume) => volume.hostPath && origins.volumes.has(volume.name));
  return host && `a hostPath (volume ${host.name})`;
}

function aboveBaseline({ securityContext }: Container): string | undefined {
  if (securityContext?.privileged === true) return "a privileged container";
  const added = securityContext?.capabilities?.add?.find((name) => !baselineCapabilities.includes(name));
  return added && `the capability ${added}`;
}
