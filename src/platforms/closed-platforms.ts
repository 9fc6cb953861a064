import type { Platform } from "./platform.ts";

const closed = {
  mount: { by: "nothing", subPaths: false },
  client: { privilege: "none", capabilities: [], devices: {}, env: {} },
  start: { order: "kubelet" },
  end: { by: "nothing", env: {} },
  nodeAffinity: "heard",
  scheduler: "cluster",
} as const;

const aci: Platform = {
  name: "aci",
  summary: "A virtual node on Azure Container Instances: no way to share a client's mount is known.",
  recognition: {
    targets: [],
    marks: [],
    bursts: [],
    // Ordinary nodes carry the one, other vendors' virtual nodes the other.
    nodeLabels: { "kubernetes.io/role": "agent", type: "virtual-kubelet" },
    taints: ["azure.com/aci"],
  },
  ...closed,
  nativeSidecars: false,
  rules: { forbidden: ["hostPath", "hostNetwork", "hostPort", "privileged", "daemonSet"] },
  unconfirmed: {
    mount: "no page says that a client's mount can reach another container",
    "rules.forbidden": "taken over from other virtual nodes",
  },
  sources: ["https://microsoft.github.io/virtualnodesOnAzureContainerInstances/Docs/PodCustomizations.html"],
};

const fargate: Platform = {
  name: "fargate",
  summary: "AWS Fargate: privileged containers are refused, and without them no client can mount.",
  recognition: {
    targets: [],
    marks: [],
    bursts: [],
    nodeLabels: { "eks.amazonaws.com/compute-type": "fargate" },
    taints: ["eks.amazonaws.com/compute-type"],
  },
  ...closed,
  nativeSidecars: "by-kubelet",
  rules: { forbidden: ["hostPath", "hostNetwork", "hostPort", "privileged", "daemonSet"] },
  unconfirmed: {},
  sources: [
    "https://docs.aws.amazon.com/eks/latest/userguide/fargate.html",
    "https://github.com/awslabs/mountpoint-s3/issues/450",
  ],
};

const gkeAutopilot: Platform = {
  name: "gke-autopilot",
  summary:
    "GKE Autopilot: privileged containers are refused but for those on an allowlist. It has to be named.",
  recognition: { targets: [], marks: [], bursts: [], nodeLabels: {}, taints: [] },
  ...closed,
  nativeSidecars: "by-kubelet",
  rules: { forbidden: ["hostPath", "hostNetwork", "hostPort", "privileged"] },
  unconfirmed: {},
  sources: [
    "https://docs.cloud.google.com/kubernetes-engine/docs/concepts/about-autopilot-privileged-workloads.md.txt",
  ],
};

const oci: Platform = {
  name: "oci",
  summary: "A virtual node of Oracle Cloud (OCI): no privilege can be had. It has to be named.",
  recognition: { targets: [], marks: [], bursts: [], nodeLabels: {}, taints: [] },
  ...closed,
  nativeSidecars: false,
  rules: {
    forbidden: ["hostPath", "hostNetwork", "hostPort", "privileged", "daemonSet"],
    capabilities: [],
  },
  unconfirmed: {
    "rules.forbidden":
      "a securityContext may only restrict; that hostPath and host networking are refused is taken over from other virtual nodes",
  },
  sources: [],
};

/** Those on which no client can run today: their pods are refused with the reason. */
export const closedPlatforms: readonly Platform[] = [aci, fargate, gkeAutopilot, oci];
