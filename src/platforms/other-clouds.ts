import type { Platform } from "./platform.ts";

const virtualNode = {
  nativeSidecars: false,
  start: { order: "kubelet" },
  nodeAffinity: "heard",
  scheduler: "cluster",
} as const;
const order =
  "that containers start in their order, each after the hook of the one before, is taken over from the kubelet";
const classic = "no page says from which version on native sidecars run, so clients are classic";

const vci: Platform = {
  name: "vci",
  summary: "A virtual node of Volcengine (VCI): mount propagation is granted by an annotation.",
  recognition: {
    targets: [],
    marks: [
      { kind: "annotation", key: "vke.volcengine.com/burst-to-vci", value: "enforce", onNamespace: true },
      { kind: "label", key: "vke.volcengine.com/burst-to-vci", value: "enforce", onNamespace: true },
    ],
    bursts: [
      { kind: "annotation", key: "vke.volcengine.com/burst-to-vci" },
      { kind: "label", key: "vke.volcengine.com/burst-to-vci" },
    ],
    nodeLabels: {},
    taints: ["vci.vke.volcengine.com/node-type"],
  },
  mount: {
    by: "annotation",
    subPaths: false,
    annotation: {
      switch: "vke.al.vci-enable-bidirectional-mount-propagation",
      list: "vci.vke.volcengine.com/config-bidirectional-mount-propagation",
    },
  },
  client: { privilege: "root", capabilities: [], devices: {}, env: {} },
  ...virtualNode,
  end: { by: "nothing", env: {} },
  rules: { forbidden: ["hostPath", "hostNetwork", "hostPort", "privileged", "daemonSet"] },
  unconfirmed: {
    "mount.subPaths": "a subPath of an emptyDir may be silently empty in a micro-VM",
    nativeSidecars:
      "JuiceFS's driver uses native sidecars from Kubernetes 1.29 on; no page confirms it, so clients are classic",
    start: order,
  },
  sources: ["https://volcengine.com/docs/6460/76920", "juicefs-csi-driver: pkg/juicefs/mount/builder (VCI)"],
};

const cci: Platform = {
  name: "cci",
  summary: "A virtual node of Huawei Cloud (CCI 1): the vendor's volume driver shows JuiceFS mounts.",
  recognition: {
    targets: [],
    marks: [{ kind: "label", key: "virtual-kubelet.io/burst-to-cci", value: "enforce", onNamespace: true }],
    bursts: [{ kind: "label", key: "virtual-kubelet.io/burst-to-cci" }],
    nodeLabels: {},
    taints: [],
  },
  mount: {
    by: "inline-csi",
    subPaths: false,
    csi: {
      driver: "juicefs.csi.everest.io",
      fsType: "gpath",
      attribute: "mountpoint",
      folderEnv: "JUICEFS_CLIENT_PATH",
    },
  },
  client: {
    privilege: "capabilities",
    capabilities: ["SYS_ADMIN", "MKNOD"],
    devices: {},
    // The vendor's spelling.
    env: { JUICEFS_CLIENT_SIDERCAR_CONTAINER: "true" },
    runtimes: ["juicefs"],
  },
  ...virtualNode,
  end: { by: "nothing", env: {} },
  rules: { forbidden: ["hostPath", "hostNetwork", "hostPort", "privileged", "daemonSet"] },
  unconfirmed: {
    "mount.csi":
      "JuiceFS mounts below /jfs here; that another JUICEFS_CLIENT_PATH is heeded is not confirmed",
    nativeSidecars:
      "they run with the bursting add-on 1.5.80 or newer, whose version is not known here, so clients are classic",
    start: order,
  },
  sources: [
    "https://support.huaweicloud.com/intl/en-us/usermanual-cce/cce_11_0829.html",
    "juicefs-csi-driver: pkg/juicefs/mount/builder (CCI)",
  ],
};

const cci2: Platform = {
  name: "cci2",
  summary: "A virtual node of Huawei Cloud (CCI 2.0): no way to share a client's mount is known.",
  recognition: {
    targets: [],
    marks: [{ kind: "label", key: "bursting.cci.io/burst-to-cci", value: "enforce", onNamespace: true }],
    bursts: [{ kind: "label", key: "bursting.cci.io/burst-to-cci" }],
    nodeLabels: {},
    taints: [],
  },
  mount: { by: "nothing", subPaths: false },
  client: { privilege: "none", capabilities: [], devices: {}, env: {} },
  ...virtualNode,
  end: { by: "nothing", env: {} },
  rules: { forbidden: ["hostNetwork", "hostPort", "privileged", "daemonSet"] },
  unconfirmed: {
    mount: "no page says that a client's mount can reach another container",
    nativeSidecars: "they run with the bursting add-on 1.5.80 or newer, whose version is not known here",
  },
  sources: ["https://support.huaweicloud.com/intl/en-us/usermanual-cci2/cci_01_0629.html"],
};

const eklet: Platform = {
  name: "eklet",
  summary: "A super node of Tencent Cloud (TKE Serverless): each pod is a micro-VM.",
  recognition: {
    targets: [],
    marks: [],
    bursts: [],
    nodeLabels: { "node.kubernetes.io/instance-type": "eklet" },
    taints: ["eks.tke.cloud.tencent.com/eklet"],
  },
  mount: { by: "empty-dir", subPaths: false },
  client: { privilege: "privileged", capabilities: [], devices: {}, env: {} },
  ...virtualNode,
  end: { by: "nothing", env: {} },
  rules: { forbidden: ["hostPath", "hostNetwork", "hostPort"] },
  unconfirmed: {
    mount: "JuiceFS shares its mount by an emptyDir here; the vendor's pages do not confirm it",
    "client.privilege": "JuiceFS needs privileged pods here; the vendor's pages do not confirm that they run",
    nativeSidecars: classic,
    start: order,
  },
  sources: [
    "https://tencentcloud.com/document/product/457/36162",
    "https://tencentcloud.com/document/product/457/58933",
    "juicefs-csi-driver: docs/zh_cn/cookbook/serverless.md",
  ],
};

const bci: Platform = {
  name: "bci",
  summary: "A virtual node of Baidu AI Cloud (BCI). Nothing known marks its pods, so it has to be named.",
  recognition: { targets: [], marks: [], bursts: [], nodeLabels: {}, taints: [] },
  mount: { by: "empty-dir", subPaths: false },
  client: { privilege: "privileged", capabilities: [], devices: {}, env: {} },
  ...virtualNode,
  scheduler: "own",
  end: {
    by: "annotation",
    env: {},
    annotation: "bci.virtual-kubelet.io/bci-ignore-exit-code-containers",
  },
  rules: { forbidden: ["hostPath", "hostNetwork", "hostPort", "daemonSet"] },
  unconfirmed: {
    mount: "no page says that a mount made by one container appears in another",
    "client.privilege": "no page says that privileged containers run",
    nativeSidecars: classic,
    start: order,
    scheduler: "no page says that the cluster's scheduler places its pods, so none waits for its cache",
    "rules.forbidden":
      "only DaemonSets are named as not supported; the rest is taken over from other virtual nodes",
  },
  sources: ["https://cloud.baidu.com/doc/BCI/s/Mm7lmxteo"],
};

/** Volcengine's, Huawei Cloud's, Tencent Cloud's and Baidu's. */
export const otherClouds: readonly Platform[] = [vci, cci, cci2, eklet, bci];
