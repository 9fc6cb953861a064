import type {
  Claim,
  ClientDaemonSet,
  Dataset,
  PersistentVolume,
  Runtime,
} from "../../src/cluster/cluster-view.ts";
import type { ClusterObjects } from "./cluster-of.ts";

export type FluidType = keyof typeof kinds;

/** The five objects that make one bound Fluid dataset, as Fluid's controllers make them. */
export interface FluidDataset {
  readonly claim: Claim;
  readonly persistentVolume: PersistentVolume;
  readonly dataset: Dataset;
  readonly runtime: Runtime;
  readonly daemonSet: ClientDaemonSet;
}

const kinds = {
  alluxio: { kind: "AlluxioRuntime", leaf: "alluxio-fuse", mountType: "fuse.alluxio-fuse", client: "-fuse" },
  jindo: { kind: "JindoRuntime", leaf: "jindofs-fuse", mountType: "jindo", client: "-jindofs-fuse" },
  juicefs: { kind: "JuiceFSRuntime", leaf: "juicefs-fuse", mountType: "JuiceFS", client: "-fuse" },
  thin: { kind: "ThinRuntime", leaf: "thin-fuse", mountType: "fuse.s3fs", client: "-fuse" },
  efc: { kind: "EFCRuntime", leaf: "efc-fuse", mountType: "alifuse.aliyun-alinas-efc", client: "-fuse" },
  goosefs: { kind: "GooseFSRuntime", leaf: "goosefs-fuse", mountType: "fuse.goosefs-fuse", client: "-fuse" },
  vineyard: { kind: "VineyardRuntime", leaf: "vineyard-fuse", mountType: "vineyard-fuse", client: "-fuse" },
  cache: { kind: "CacheRuntime", leaf: "cache-fuse", mountType: "curvinefs", client: "-client" },
} as const;

/** A healthy dataset of the given type, read-only as Fluid's default has it. */
export function fluidDataset(name: string, type: FluidType = "juicefs", namespace = "default"): FluidDataset {
  const { kind, leaf, mountType, client } = kinds[type];
  const hostPath = `/runtime-mnt/${type}/${namespace}/${name}`;
  const inside = type === "jindo" ? "/jfs" : type === "efc" ? "/efc" : hostPath;
  // A CacheRuntime shares the mount itself, all others the directory above it.
  const shared = type === "cache" ? `/${leaf}` : "";
  const volumeName = `${namespace}-${name}`;
  return {
    claim: {
      namespace,
      name,
      uid: `claim-${name}`,
      labels: { [`fluid.io/s-${namespace}-${name}`]: "true", "fluid.io/dataset-id": `${namespace}-${name}` },
      volumeName,
      storageClassName: "fluid",
      accessModes: ["ReadOnlyMany"],
      deleting: false,
    },
    persistentVolume: {
      name: volumeName,
      claimRef: { namespace, name, uid: `claim-${name}` },
      accessModes: ["ReadOnlyMany"],
      csi: {
        driver: "fuse.csi.fluid.io",
        attributes: {
          fluid_path: `${hostPath}/${leaf}`,
          mount_type: mountType,
          runtime_name: name,
          runtime_namespace: namespace,
        },
      },
      hasNodeAffinity: false,
    },
    dataset: {
      namespace,
      name,
      uid: `dataset-${name}`,
      phase: "Bound",
      runtimes: [{ name, namespace, type }],
      mountPoints: ["s3://bucket/path"],
    },
    runtime: { kind, namespace, name, clientNodeSelector: {}, workerRequirements: [] },
    daemonSet: {
      namespace,
      name: `${name}${client}`,
      template: {
        containers: [
          {
            name: leaf,
            image: `registry.example/${type}:1`,
            command: ["/entrypoint.sh"],
            args: ["fuse", `${inside}/${leaf}`],
            securityContext: { privileged: true },
            volumeMounts: [
              { name: `${leaf}-mount`, mountPath: `${inside}${shared}`, mountPropagation: "Bidirectional" },
              { name: "script", mountPath: "/root/script" },
            ],
          },
        ],
        initContainers: [],
        volumes: [
          { name: `${leaf}-mount`, hostPath: { path: `${hostPath}${shared}`, type: "DirectoryOrCreate" } },
          { name: "script", configMap: { name: `${name}-fuse-script` } },
        ],
        imagePullSecrets: [],
      },
    },
  };
}

/** The objects of several datasets, for `clusterOf`. */
export function objectsOf(
  ...datasets: readonly FluidDataset[]
): Required<
  Pick<ClusterObjects, "claims" | "persistentVolumes" | "datasets" | "runtimes" | "clientDaemonSets">
> {
  return {
    claims: datasets.map((d) => d.claim),
    persistentVolumes: datasets.map((d) => d.persistentVolume),
    datasets: datasets.map((d) => d.dataset),
    runtimes: datasets.map((d) => d.runtime),
    clientDaemonSets: datasets.map((d) => d.daemonSet),
  };
}
