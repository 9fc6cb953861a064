import type { Platform } from "./platform.ts";

const kubernetes: Platform = {
  name: "kubernetes",
  summary:
    "An ordinary node with a kubelet: mounts are shared between containers and node affinity is heeded.",
  marks: [],
  hints: [],
  nodeAffinity: "heard",
  nativeSidecars: "by-kubelet",
  views: "confirmed",
};

// Alibaba Cloud, "comparison and introduction of virtual node scheduling schemes": the label beats all affinity.
// No page of theirs says that mount propagation or native sidecars work, so neither is taken for granted.
const eci: Platform = {
  name: "eci",
  summary:
    "An Alibaba Cloud ECI virtual node: hostPath is refused, node affinity is ignored, and neither shared mounts nor native sidecars are confirmed.",
  marks: [
    { kind: "label", key: "alibabacloud.com/eci", value: "true", onNamespace: true },
    { kind: "label", key: "eci", value: "true", onNamespace: true },
  ],
  hints: [{ kind: "label", key: "alibabacloud.com/fluid-sidecar-target", value: "eci", onNamespace: false }],
  nodeAffinity: "ignored",
  nativeSidecars: false,
  views: "unconfirmed",
  hostPaths: "refused",
};

// Kata Containers: a subPath of an emptyDir is not recognised as local to the guest and may be silently empty.
const kata: Platform = {
  name: "kata",
  summary: "A micro-VM of Kata Containers: a view of a mount may be an empty directory there.",
  marks: [],
  hints: [],
  runtimeClass: "kata",
  nodeAffinity: "heard",
  nativeSidecars: "by-kubelet",
  views: "refused",
};

// What several vendors' virtual nodes have in common; which one it is has to be said.
const virtualNode: Platform = {
  name: "virtual-node",
  summary: "A virtual node of no known vendor: neither shared mounts nor native sidecars are confirmed.",
  marks: [],
  hints: [],
  nodeSelector: { type: "virtual-kubelet" },
  nodeAffinity: "heard",
  nativeSidecars: false,
  views: "unconfirmed",
};

/** Every platform known; where the marks of two are on one pod, the earlier one is taken. */
export const platforms: readonly Platform[] = [kubernetes, eci, kata, virtualNode];

/** The platform of that name, if it is known. */
export function findPlatform(name: string): Platform | undefined {
  return platforms.find((platform) => platform.name === name);
}

/** Whether `name` is a platform's name; for checking the configuration. */
export function isPlatformName(name: string): boolean {
  return findPlatform(name) !== undefined;
}

/** The known names, for messages: "kubernetes, eci, …". */
export function listPlatformNames(): string {
  return platforms.map((platform) => platform.name).join(", ");
}
