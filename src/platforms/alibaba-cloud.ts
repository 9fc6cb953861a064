import type { Platform } from "./platform.ts";

const target = "alibabacloud.com/fluid-sidecar-target";

const eci: Platform = {
  name: "eci",
  summary:
    "A virtual node of Alibaba Cloud (ECI, in ACK or in a serverless cluster): each pod is a micro-VM.",
  recognition: {
    targets: [{ kind: "label", key: target, value: "eci", onNamespace: false }],
    marks: [
      { kind: "label", key: "alibabacloud.com/eci", value: "true", onNamespace: true },
      { kind: "label", key: "eci", value: "true", onNamespace: true },
      { kind: "annotation", key: "alibabacloud.com/burst-resource", value: "eci_only", onNamespace: false },
    ],
    bursts: [{ kind: "annotation", key: "alibabacloud.com/burst-resource" }],
    nodeLabels: { "k8s.aliyun.com/vnode": "true" },
    taints: ["k8s.aliyun.com/vnode", "alibabacloud.com/eci"],
  },
  mount: { by: "empty-dir", subPaths: false },
  client: {
    privilege: "privileged",
    capabilities: [],
    devices: {},
    env: {},
    resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { cpu: "500m", memory: "1Gi" } },
  },
  nativeSidecars: false,
  start: { order: "priority", priority: { env: "ECI_CONTAINER_LAUNCH_PRIORITY", first: 1000 } },
  end: {
    by: "environment",
    env: { ECI_CONTAINER_TYPE: "sidecar", ECI_CONTAINER_IGNORE_EXIT_CODE: "true" },
    priority: { env: "ECI_CONTAINER_EXIT_PRIORITY", last: -1000 },
  },
  nodeAffinity: "ignored",
  scheduler: "own",
  placement: "the annotation k8s.aliyun.com/eci-vswitch, whose vSwitches each lie in one zone",
  zones: {
    annotation: "k8s.aliyun.com/eci-vswitch",
    order: { annotation: "k8s.aliyun.com/eci-schedule-strategy", value: "VSwitchOrdered" },
    byZone: {},
  },
  rules: {
    forbidden: ["hostPath", "hostNetwork", "hostPort", "daemonSet"],
    maxContainers: 20,
    maxVolumes: 20,
  },
  sizing: {
    rounding: "ECI sells one instance for the sum of all containers, rounded up to a size it has",
    instances: [
      { cpu: 0.25, memory: [0.5, 1] },
      { cpu: 0.5, memory: [1, 2] },
      { cpu: 1, memory: [2, 4, 8] },
      { cpu: 2, memory: [1, 2, 4, 8, 16] },
      { cpu: 4, memory: [2, 4, 8, 16, 32] },
      { cpu: 8, memory: [4, 8, 16, 32, 64] },
      { cpu: 12, memory: [12, 24, 48, 96] },
      { cpu: 16, memory: [16, 32, 64, 128] },
      { cpu: 24, memory: [24, 48, 96, 192] },
      { cpu: 32, memory: [32, 64, 128, 256] },
      { cpu: 52, memory: [96, 192, 384] },
      { cpu: 64, memory: [128, 256, 512] },
    ],
    ignore: { env: "__ECI_RESOURCE_IGNORE__", value: "TRUE" },
    ignoreClients: false,
  },
  unconfirmed: {
    mount:
      "the SDKs know mountPropagation, yet no page says that a mount made by one container appears in another; a subPath of an emptyDir may be silently empty in a micro-VM",
    "client.privilege":
      "one page lists privileged among the fields that may be set, another among what is not supported; the account may have to be enabled",
    "client.devices": "no page says how a container gets /dev/fuse",
    nativeSidecars: "no page says that native sidecars run, so clients are classic",
    "sizing.rounding":
      "no page says whether requests or limits are summed, so the default client has both alike",
    "rules.hostPort": "NodePort and HostNetwork are refused; host ports are taken to be refused as well",
  },
  sources: [
    "https://help.aliyun.com/document_detail/89138.html",
    "https://help.aliyun.com/document_detail/363065.html",
    "https://www.alibabacloud.com/help/doc-detail/462800.html",
    "https://help.aliyun.com/en/eci/user-guide/set-container-start-and-exit-order",
    "https://help.aliyun.com/zh/eci/user-guide/declaring-container-types",
    "https://www.alibabacloud.com/help/en/eci/user-guide/ignore-specific-containers-during-resource-adjustment",
    "https://www.alibabacloud.com/help/en/eci/user-guide/specify-the-number-of-vcpus-and-memory-size-to-create-an-elastic-container-instance",
    "https://www.alibabacloud.com/help/en/ack/ack-managed-and-ack-dedicated/user-guide/comparison-and-introduction-of-virtual-node-scheduling-scheme-ack",
  ],
};

const acs: Platform = {
  name: "acs",
  summary: "Alibaba Cloud Container Compute Service: each pod runs on a virtual node of its own.",
  recognition: {
    targets: [{ kind: "label", key: target, value: "acs", onNamespace: false }],
    marks: [{ kind: "label", key: "alibabacloud.com/acs", value: "true", onNamespace: true }],
    bursts: [],
    nodeLabels: {},
    taints: [],
  },
  mount: { by: "empty-dir", subPaths: false },
  client: { privilege: "privileged", capabilities: [], devices: {}, env: {} },
  nativeSidecars: true,
  start: { order: "kubelet" },
  end: { by: "environment", env: { __IS_SIDECAR__: "true" } },
  nodeAffinity: "heard",
  scheduler: "own",
  rules: { forbidden: ["hostPath", "hostNetwork", "hostPort", "daemonSet"] },
  unconfirmed: {
    mount:
      "JuiceFS shares its mount by an emptyDir here; that a subPath of it shows what lies there is not confirmed",
    "client.privilege": "privileged takes a ticket at the vendor, who is withdrawing it",
    scheduler: "no page says that the cluster's scheduler places its pods, so none waits for its cache",
    "rules.forbidden": "taken over from ECI",
  },
  sources: [
    "https://help.aliyun.com/zh/cs/user-guide/declaring-container-types",
    "https://www.alibabacloud.com/help/en/doc-detail/440265.html",
    "juicefs-csi-driver: docs/zh_cn/cookbook/serverless.md",
  ],
};

/** Alibaba Cloud's. */
export const alibabaCloud: readonly Platform[] = [eci, acs];
