import type { Pod } from "kubernetes-types/core/v1";
import { type MatchableNode, reachOf } from "./node-match.ts";
import type { Platform } from "./platform.ts";

export interface SidecarQuestion {
  readonly pod: Pod;
  /** What the pod or the configuration asks for. */
  readonly asked: "auto" | "native" | "classic";
  readonly platform: Platform;
  /** The API server's version, where it is known. */
  readonly serverVersion?: { readonly major: number; readonly minor: number } | undefined;
  /** Nodes whose kubelet is older than 1.29 or of no readable version. */
  readonly nodesWithoutNativeSidecars: readonly VersionedNode[];
  /** How many nodes are known at all. */
  readonly nodeCount: number;
}

export interface VersionedNode extends MatchableNode {
  /** status.nodeInfo.kubeletVersion, "" when absent. */
  readonly kubeletVersion: string;
}

export interface SidecarChoice {
  readonly kind: "native" | "classic";
  readonly why: string;
}

/**
 * Decides whether a pod's client can be a native sidecar: API server and every node that the pod can reach must be
 * 1.29 or newer, where such sidecars are on by default, and the platform must run them.
 * What is asked for is done, whatever speaks against it. (Kubernetes: KEP-753.)
 */
export function decideSidecarKind(question: SidecarQuestion): SidecarChoice {
  const objection = findObjection(question);
  if (question.asked !== "auto") {
    const although = question.asked === "native" && objection ? `, although ${objection}` : "";
    return { kind: question.asked, why: `${question.asked} is asked for${although}` };
  }
  if (objection) return { kind: "classic", why: objection };
  return { kind: "native", why: explainNative(question) };
}

/** How clients can be made native, in words; `undefined` for what goes without saying. */
export function nativeRemedy({ name, nativeSidecars }: Platform): string | undefined {
  if (nativeSidecars !== false) return undefined;
  return `let a container read it; where native sidecars do run on platform ${name}, say sluice.io/sidecar: native`;
}

function findObjection(question: SidecarQuestion): string | undefined {
  const { pod, platform, serverVersion } = question;
  if (platform.nativeSidecars === false)
    return `platform ${platform.name} is not known to run native sidecars`;
  if (serverVersion !== undefined && isOlderThan129(serverVersion))
    return `the API server is ${serverVersion.major}.${serverVersion.minor}, older than 1.29`;
  if (platform.nativeSidecars === true) return undefined;
  const reachable = question.nodesWithoutNativeSidecars.filter(reachOf(pod));
  const [first] = reachable;
  if (first === undefined) return undefined;
  const version = first.kubeletVersion
    ? `whose kubelet is ${first.kubeletVersion}, not known to be 1.29 or newer`
    : "whose kubelet states no version";
  const others = reachable.length > 1 ? ` (${reachable.length} such nodes)` : "";
  return `the pod can reach node ${first.name}, ${version}${others}`;
}

function explainNative({ platform, serverVersion, nodeCount }: SidecarQuestion): string {
  const server = serverVersion
    ? `the API server is ${serverVersion.major}.${serverVersion.minor}`
    : "the API server's version is not known and assumed to be 1.29 or newer";
  if (platform.nativeSidecars === true)
    return `platform ${platform.name} runs native sidecars, and ${server}`;
  const nodes =
    nodeCount === 0
      ? "no node is known, so all are assumed to be 1.29 or newer"
      : "no older node is known that the pod can reach";
  return `${server}, and ${nodes}`;
}

function isOlderThan129({ major, minor }: { major: number; minor: number }): boolean {
  return major < 1 || (major === 1 && minor < 29);
}
