import type { Platform } from "./platform.ts";

const ofTheKubelet = {
  client: { privilege: "privileged", capabilities: [], devices: {}, env: {} },
  nativeSidecars: "by-kubelet",
  start: { order: "kubelet" },
  end: { by: "nothing", env: {} },
  nodeAffinity: "heard",
  scheduler: "cluster",
  rules: { forbidden: [] },
} as const;

/** Any node with a kubelet. */
export const kubernetes: Platform = {
  name: "kubernetes",
  summary:
    "An ordinary node with a kubelet: mounts are shared between containers and node affinity is heeded.",
  recognition: { targets: [], marks: [], bursts: [], nodeLabels: {}, taints: [] },
  mount: { by: "views", subPaths: true },
  ...ofTheKubelet,
  unconfirmed: {},
  sources: [],
};

/** Kata Containers: a subPath of an emptyDir is not recognised as local to the guest and may be silently empty. */
export const kata: Platform = {
  name: "kata",
  summary: "A micro-VM of Kata Containers: a view of a mount may be an empty directory there.",
  recognition: { targets: [], marks: [], bursts: [], nodeLabels: {}, taints: [], runtimeClass: "kata" },
  mount: { by: "nothing", subPaths: false },
  ...ofTheKubelet,
  unconfirmed: {},
  sources: [],
};

/** Several vendors label their virtual nodes alike, so which one it is has to be said. */
export const virtualNode: Platform = {
  name: "virtual-node",
  summary:
    "A virtual node of no known vendor: what it shares and in what order it starts containers is not known.",
  recognition: {
    targets: [],
    marks: [],
    bursts: [],
    nodeLabels: { type: "virtual-kubelet" },
    taints: ["virtual-kubelet.io/provider"],
  },
  mount: { by: "nothing", subPaths: false },
  ...ofTheKubelet,
  nativeSidecars: false,
  rules: { forbidden: ["daemonSet"] },
  unconfirmed: {},
  sources: [],
};
