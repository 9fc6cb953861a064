import type { ContainerStateTerminated, ContainerStateWaiting } from "kubernetes-types/core/v1";
import type { ClientReason } from "../types/client-reasons.ts";

/** What is wrong with a container, as its status tells it. */
export interface ContainerTrouble {
  readonly code: ClientReason;
  /** What the status says, without the container's name: "image reg/x:1 cannot be pulled: …". */
  readonly message: string;
  /** Absent where the reason's general remedy says it all. */
  readonly remedy?: string;
}

// Kubernetes: pkg/kubelet/images/types.go, and the same names as errors of the runtime.
const pullReasons = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ImageInspectError",
  "ErrImageNeverPull",
  "RegistryUnavailable",
  "SignatureValidationFailed",
]);
/** Nothing has been tried yet. */
const earlyReasons = new Set(["", "ContainerCreating", "PodInitializing"]);
const longestMessage = 300;

/** Why a container waits; undefined where its turn has not come, or the node is still preparing it. */
export function troubleOfWaiting(
  { reason = "", message = "" }: ContainerStateWaiting,
  last: ContainerStateTerminated | undefined,
  image: string | undefined,
): ContainerTrouble | undefined {
  if (earlyReasons.has(reason)) return undefined;
  if (pullReasons.has(reason))
    return {
      code: "image-pull",
      message: `image ${image ?? "?"} cannot be pulled: ${inShort(message, reason)}`,
    };
  if (reason === "CrashLoopBackOff") {
    const ended = last === undefined ? undefined : troubleOfEnd(last);
    if (ended?.code === "out-of-memory") return ended;
    return {
      code: "back-off",
      message: `it fails again and again${ended === undefined ? "" : `, at last: ${ended.message}`}`,
    };
  }
  return missingObject(message) ?? { code: "cannot-start", message: `${reason}: ${inShort(message, "")}` };
}

/** Why a container has ended; undefined where it ended well. */
export function troubleOfEnd(ended: ContainerStateTerminated): ContainerTrouble | undefined {
  const { exitCode, reason = "", message = "", signal } = ended;
  if (isOutOfMemory(ended)) return { code: "out-of-memory", message: "it was killed for want of memory" };
  if (exitCode === 0) return undefined;
  const how = signal ? `by signal ${signal}` : `with status ${exitCode}`;
  const why = message.trim() === "" ? reason : inShort(message, reason);
  const words = why === "" || why === "Error" ? "" : ` (${why})`;
  if (reason === "StartError" || reason === "ContainerCannotRun")
    return { code: "cannot-start", message: `${reason}: ${inShort(message, `status ${exitCode}`)}` };
  return { code: "crashed", message: `it ended ${how}${words}` };
}

/** Whether the kernel killed a process of the container for want of memory. */
export function isOutOfMemory({ reason }: ContainerStateTerminated): boolean {
  return reason === "OOMKilled";
}

/**
 * An object that is named as missing by the kubelet: in a container's state, or in the message of a FailedMount Event.
 * (Kubernetes: pkg/kubelet/kubelet_pods.go, pkg/volume/secret, pkg/volume/configmap.)
 */
export function missingObject(message: string): ContainerTrouble | undefined {
  const [, kind, name] =
    /\b(secret|configmap)s? "([^"]{1,253})" not found/i.exec(message) ??
    /references non-existent (secret|config) key: (\S+)/i.exec(message) ??
    [];
  if (kind !== undefined && name !== undefined)
    return missing(kind.toLowerCase() === "secret", name, inShort(message, ""));
  const [, key, keyKind, place] = /couldn't find key (\S+) in (Secret|ConfigMap) (\S+)/i.exec(message) ?? [];
  if (key === undefined || keyKind === undefined || place === undefined) return undefined;
  const isSecret = keyKind.toLowerCase() === "secret";
  const what = `key ${key} is not in ${keyKind} ${place}`;
  return {
    code: isSecret ? "secret-missing" : "config-map-missing",
    message: what,
    remedy: `add ${key} to ${keyKind} ${place}`,
  };
}

function missing(isSecret: boolean, name: string, words: string): ContainerTrouble {
  const what = isSecret ? "Secret" : "ConfigMap";
  return {
    code: isSecret ? "secret-missing" : "config-map-missing",
    message: words.startsWith("references") ? words : `${what} ${name} is not in the pod's namespace`,
    remedy: `copy ${what} ${name} into the pod's namespace`,
  };
}

/** One line of at most 300 characters. */
function inShort(message: string, otherwise: string): string {
  const line = message.replace(/\s+/g, " ").trim();
  if (line === "") return otherwise;
  return line.length <= longestMessage ? line : `${line.slice(0, longestMessage - 1)}…`;
}
