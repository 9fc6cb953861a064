import type { Pod } from "kubernetes-types/core/v1";
import type { Finding } from "../types/reason.ts";
import type { PlatformCatalog } from "./catalog.ts";
import type { FoundPlatform } from "./detect.ts";
import type { Platform } from "./platform.ts";

/** What whoever leaves a pod's claims to the CSI driver of such a node should know. */
export function warnOfDriver({ platform }: FoundPlatform): Finding[] {
  if (hasDrivers(platform)) return [];
  const message = `platform ${platform.name} runs no DaemonSet, so no CSI driver: in csi mode nothing mounts the claims there, and the pod waits; use sluice.io/mode: sidecar, or other nodes`;
  return [{ code: "no-csi-driver", message }];
}

/** What whoever creates a pod with clients for this platform should know. */
export function warnOfPlatform({ platform, bursts }: FoundPlatform, pod: Pod): Finding[] {
  const open = Object.keys(platform.unconfirmed);
  if (open.length === 0 && platform.nodeAffinity === "heard") return [];
  const findings: Finding[] = [];
  if (open.length > 0) {
    const message = `platform ${platform.name}: not confirmed: ${open.join(", ")}; test one pod first, then say platforms.${platform.name}.confirmed: true in the configuration`;
    findings.push({ code: "platform-unconfirmed", message });
    for (const [field, note] of Object.entries(platform.unconfirmed))
      findings.push({ code: "platform-note", message: `platform ${platform.name}, ${field}: ${note}` });
  }
  if (platform.nodeAffinity === "heard" || bursts !== undefined) return findings;
  const stated = statedNodes(pod, platform);
  if (stated !== undefined) {
    const message = `platform ${platform.name} ignores ${stated}: remove it, or what sends the pod there`;
    findings.push({ code: "node-selector-ignored", message });
  }
  if (platform.placement !== undefined) {
    const message = `platform ${platform.name}, place: node affinity is ignored; it is chosen by ${platform.placement}`;
    findings.push({ code: "platform-layout", message });
  }
  return findings;
}

// True of such nodes as of any other that could run the pod.
const harmlessLabels = ["kubernetes.io/os", "kubernetes.io/arch"];

function statedNodes({ spec }: Pod, { recognition }: Platform): string | undefined {
  const selected = Object.entries(spec?.nodeSelector ?? {}).find(
    ([key, value]) =>
      !harmlessLabels.includes(key) &&
      recognition.nodeLabels[key] !== value &&
      !(key === "type" && value === "virtual-kubelet"),
  );
  if (selected !== undefined) return `the pod's nodeSelector ${selected[0]}=${selected[1]}`;
  if (spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution)
    return "the pod's required node affinity";
  return undefined;
}

/** A pod for ordinary nodes that may all the same run on a virtual one: nothing keeps the scheduler from it. */
export function warnOfTolerations(
  pod: Pod,
  { platform }: FoundPlatform,
  catalog: PlatformCatalog,
): Finding[] {
  const tolerations = pod.spec?.tolerations;
  if (platform.mount.by !== "views" || tolerations === undefined || tolerations.length === 0) return [];
  for (const { key, platform: other } of catalog.tainted) {
    if (other === platform || !tolerations.some((toleration) => toleration.key === key)) continue;
    const message = `the pod tolerates ${key} and may run on platform ${other.name}, where an injection for ${platform.name} does not work: keep it off or send it there by a nodeSelector or the platform's mark`;
    return [{ code: "may-run-elsewhere", message }];
  }
  return [];
}

/**
 * Why no client of a dataset can run on this platform. `runtimes`: Fluid's types of the pod's datasets; `sure`: whether
 * only what is confirmed will do.
 */
export function refuseOfPlatform(
  found: FoundPlatform,
  runtimes: readonly string[],
  sure: boolean,
): Finding[] {
  const { platform } = found;
  const { by } = platform.mount;
  if (by === "nothing") return [noSharedMounts(platform)];
  if (sure && Object.keys(platform.unconfirmed).length > 0) return [notConfirmed(platform)];
  if (found.bursts !== undefined && by !== "views") return [mayBurst(found)];
  const served = platform.client.runtimes;
  if (served === undefined) return [];
  return [...new Set(runtimes)]
    .filter((runtime) => !served.includes(runtime))
    .map((runtime) => ({
      code: "runtime-not-on-platform" as const,
      message: `platform ${platform.name} can serve datasets of ${served.join(", ")} only, and one of the pod's is of ${runtime}: send the pod to another kind of node`,
    }));
}

function noSharedMounts(platform: Platform): Finding {
  const { name, summary, unconfirmed } = platform;
  const [sentence = ""] = summary.split(/\.(?: |$)/);
  const nodes = hasDrivers(platform) ? "other nodes or sluice.io/mode: csi" : "other nodes";
  const message = `platform ${name} shows no client's mount to the app: use ${nodes}, or name what it really is by sluice.io/platform (${unconfirmed["mount"] ?? sentence})`;
  return { code: "no-shared-mounts", message };
}

function notConfirmed({ name, unconfirmed }: Platform): Finding {
  const message = `platform ${name} is not confirmed (${Object.keys(unconfirmed).join(", ")}), and the configuration wants that (unconfirmedPlatforms: refuse): use other nodes, or test it and say platforms.${name}.confirmed: true`;
  return { code: "platform-not-confirmed", message };
}

/** A CSI driver's part on a node is a DaemonSet. */
function hasDrivers({ rules }: Platform): boolean {
  return !rules.forbidden.includes("daemonSet");
}

function mayBurst({ platform, bursts }: FoundPlatform): Finding {
  const message = `${bursts}: the pod may run on platform ${platform.name} or on an ordinary node, and no injection is right on both: decide for one, or name it by sluice.io/platform: ${platform.name} or kubernetes`;
  return { code: "may-burst", message };
}
