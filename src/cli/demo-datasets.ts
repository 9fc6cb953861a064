import type { Container, Volume } from "kubernetes-types/core/v1";

/** What the demo's datasets differ in; the shapes of clients are those of Fluid's charts. */
export interface DemoDataset {
  readonly name: string;
  readonly type: "alluxio" | "jindo" | "juicefs" | "thin";
  readonly runtimeKind: string;
  readonly mountPoint: string;
  readonly accessMode: "ReadOnlyMany" | "ReadWriteMany";
  /** Fluid: what the volume says of the mount. */
  readonly fluidPath: string;
  readonly mountType: string;
  readonly daemonSet: string;
  readonly client: Container;
  readonly volumes: Volume[];
  /** The nodes whose cache workers hold it; thin datasets have none. */
  readonly cacheNodes: readonly string[];
}

export const demoNamespace = "demo";

const imagenet: DemoDataset = {
  name: "imagenet",
  type: "alluxio",
  runtimeKind: "AlluxioRuntime",
  mountPoint: "s3://imagenet/",
  accessMode: "ReadOnlyMany",
  fluidPath: "/runtime-mnt/alluxio/demo/imagenet/alluxio-fuse",
  mountType: "fuse.alluxio-fuse",
  daemonSet: "imagenet-fuse",
  client: {
    name: "alluxio-fuse",
    image: "alluxio/alluxio-dev:2.9.0",
    imagePullPolicy: "IfNotPresent",
    command: ["/entrypoint.sh"],
    args: [
      "fuse",
      "--fuse-opts=kernel_cache,ro,attr_timeout=7200,entry_timeout=7200,allow_other",
      "/runtime-mnt/alluxio/demo/imagenet/alluxio-fuse",
      "/",
    ],
    env: [
      { name: "ALLUXIO_CLIENT_HOSTNAME", valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } },
      { name: "FLUID_RUNTIME_TYPE", value: "alluxio" },
    ],
    envFrom: [{ configMapRef: { name: "imagenet-config" } }],
    securityContext: { runAsUser: 0, runAsGroup: 0, privileged: true },
    lifecycle: {
      preStop: {
        exec: {
          command: [
            "/opt/alluxio/integration/fuse/bin/alluxio-fuse",
            "unmount",
            "/runtime-mnt/alluxio/demo/imagenet/alluxio-fuse",
          ],
        },
      },
    },
    volumeMounts: [
      { name: "alluxio-fuse-device", mountPath: "/dev/fuse" },
      {
        name: "alluxio-fuse-mount",
        mountPath: "/runtime-mnt/alluxio/demo/imagenet",
        mountPropagation: "Bidirectional",
      },
    ],
  },
  volumes: [
    { name: "alluxio-fuse-device", hostPath: { path: "/dev/fuse", type: "CharDevice" } },
    sharedMount("alluxio-fuse-mount", "alluxio", "imagenet"),
  ],
  cacheNodes: ["node-a"],
};

const corpus: DemoDataset = {
  name: "corpus",
  type: "jindo",
  runtimeKind: "JindoRuntime",
  mountPoint: "oss://corpus/",
  accessMode: "ReadOnlyMany",
  fluidPath: "/runtime-mnt/jindo/demo/corpus/jindofs-fuse",
  mountType: "jindo",
  daemonSet: "corpus-jindofs-fuse",
  client: {
    name: "jindofs-fuse",
    image: "registry.cn-shanghai.aliyuncs.com/jindofs/jindo-fuse:6.9.1",
    imagePullPolicy: "Always",
    command: ["/entrypoint.sh"],
    args: ["-okernel_cache", "-oro", "-oattr_timeout=7200", "-oentry_timeout=7200", "-ometrics_port=0"],
    env: [
      { name: "CLIENT_NAMESPACE_RPC_ADDRESS", value: "corpus-jindofs-master-0.demo:8101" },
      { name: "FLUID_FUSE_MOUNTPOINT", value: "/jfs/jindofs-fuse" },
      { name: "FLUID_RUNTIME_TYPE", value: "jindofs" },
    ],
    securityContext: { privileged: true },
    lifecycle: { preStop: { exec: { command: ["/prestop.sh"] } } },
    volumeMounts: [
      { name: "jindofs-fuse-device", mountPath: "/dev/fuse" },
      { name: "jindofs-fuse-mount", mountPath: "/jfs", mountPropagation: "Bidirectional" },
      { name: "bigboot-config", mountPath: "/jindosdk.cfg", subPath: "jindosdk.cfg" },
    ],
  },
  volumes: [
    { name: "jindofs-fuse-device", hostPath: { path: "/dev/fuse", type: "CharDevice" } },
    sharedMount("jindofs-fuse-mount", "jindo", "corpus"),
    { name: "bigboot-config", configMap: { name: "corpus-jindofs-config" } },
  ],
  cacheNodes: ["node-b"],
};

const checkpoints: DemoDataset = {
  name: "checkpoints",
  type: "juicefs",
  runtimeKind: "JuiceFSRuntime",
  mountPoint: "juicefs:///",
  accessMode: "ReadWriteMany",
  fluidPath: "/runtime-mnt/juicefs/demo/checkpoints/juicefs-fuse",
  mountType: "JuiceFS",
  daemonSet: "checkpoints-fuse",
  client: {
    name: "juicefs-fuse",
    image: "juicedata/mount:ce-v1.3.0",
    imagePullPolicy: "IfNotPresent",
    command: ["sh", "/root/script/script.sh"],
    env: [
      { name: "JFS_FOREGROUND", value: "1" },
      { name: "METAURL", valueFrom: { secretKeyRef: { name: "jfs-secret", key: "metaurl" } } },
      { name: "FLUID_RUNTIME_TYPE", value: "juicefs" },
    ],
    ports: [{ containerPort: 14001, name: "metrics", protocol: "TCP" }],
    resources: { requests: { cpu: "500m", memory: "1Gi" }, limits: { cpu: "2", memory: "4Gi" } },
    securityContext: { runAsUser: 0, privileged: true },
    lifecycle: {
      preStop: {
        exec: { command: ["sh", "-c", "umount /runtime-mnt/juicefs/demo/checkpoints/juicefs-fuse"] },
      },
    },
    volumeMounts: [
      {
        name: "juicefs-fuse-mount",
        mountPath: "/runtime-mnt/juicefs/demo/checkpoints",
        mountPropagation: "Bidirectional",
      },
      { name: "script", mountPath: "/root/script" },
      { name: "cache-dir-0", mountPath: "/dev/shm" },
    ],
  },
  volumes: [
    sharedMount("juicefs-fuse-mount", "juicefs", "checkpoints"),
    { name: "script", configMap: { name: "checkpoints-fuse-script", defaultMode: 493 } },
    { name: "cache-dir-0", hostPath: { path: "/dev/shm", type: "DirectoryOrCreate" } },
  ],
  cacheNodes: ["node-a", "node-b"],
};

const models: DemoDataset = {
  name: "models",
  type: "thin",
  runtimeKind: "ThinRuntime",
  mountPoint: "minio://models",
  accessMode: "ReadOnlyMany",
  fluidPath: "/runtime-mnt/thin/demo/models/thin-fuse",
  mountType: "fuse.s3fs",
  daemonSet: "models-fuse",
  client: {
    name: "thin-fuse",
    image: "fluidcloudnative/s3fs:v1.93",
    imagePullPolicy: "IfNotPresent",
    command: ["sh", "-c", "python3 /fluid-config-parse.py && ./mount-minio.sh"],
    env: [
      { name: "FLUID_RUNTIME_TYPE", value: "thin" },
      { name: "MOUNT_POINT", value: "/runtime-mnt/thin/demo/models/thin-fuse" },
      { name: "MOUNT_OPTIONS", value: "ro" },
    ],
    securityContext: { privileged: true, runAsUser: 0, runAsGroup: 0 },
    lifecycle: { preStop: { exec: { command: ["umount", "/runtime-mnt/thin/demo/models/thin-fuse"] } } },
    volumeMounts: [
      {
        name: "thin-fuse-mount",
        mountPath: "/runtime-mnt/thin/demo/models",
        mountPropagation: "Bidirectional",
      },
      { name: "thin-conf", mountPath: "/etc/fluid/config", readOnly: true },
    ],
  },
  volumes: [
    sharedMount("thin-fuse-mount", "thin", "models"),
    { name: "thin-conf", configMap: { name: "models-fuse-conf", defaultMode: 292 } },
  ],
  cacheNodes: [],
};

/** One dataset on each of the four runtimes. */
export const demoDatasets: readonly DemoDataset[] = [imagenet, corpus, checkpoints, models];

function sharedMount(volume: string, type: string, name: string): Volume {
  const path = `/runtime-mnt/${type}/${demoNamespace}/${name}`;
  return { name: volume, hostPath: { path, type: "DirectoryOrCreate" } };
}
