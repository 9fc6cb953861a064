import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** How a folder of many datasets is written. */
export interface ManyDatasetsOptions {
  /** Objects in each file; each dataset has six. Default 1,000. */
  readonly objectsPerFile?: number;
  /** How many namespaces the datasets are spread over. Default 100. */
  readonly namespaces?: number;
  /** Runtimes that the datasets have in turn. Default JuiceFS. */
  readonly types?: readonly DatasetType[];
}

/** What is particular about the runtimes of datasets: their objects and where their clients mount. */
const runtimes = {
  juicefs: { kind: "JuiceFSRuntime", client: "-fuse", mountType: "JuiceFS" },
  alluxio: { kind: "AlluxioRuntime", client: "-fuse", mountType: "fuse.alluxio-fuse" },
  jindo: {
    kind: "JindoRuntime",
    client: "-jindofs-fuse",
    mountType: "jindo",
    leaf: "jindofs-fuse",
    in: "/jfs",
  },
  thin: { kind: "ThinRuntime", client: "-fuse", mountType: "fuse.s3fs" },
  efc: { kind: "EFCRuntime", client: "-fuse", mountType: "alifuse.aliyun-alinas-efc", in: "/efc" },
  vineyard: { kind: "VineyardRuntime", client: "-fuse", mountType: "vineyard-fuse", bare: true },
  cache: { kind: "CacheRuntime", client: "-client", mountType: "curvinefs", prepared: true, atRoot: true },
} as const satisfies Record<string, RuntimeParts>;

interface RuntimeParts {
  readonly kind: string;
  /** Ending of the DaemonSet's name. */
  readonly client: string;
  readonly mountType: string;
  /** Name of the mount's directory, where it is not the type's name and "-fuse". */
  readonly leaf?: string;
  /** Where the client sees the directory above the mount, where that is not as on the node. */
  readonly in?: string;
  /** The image's own command runs, and mounts nothing. */
  readonly bare?: true;
  /** An init container configures the client. */
  readonly prepared?: true;
  /** The mount lies at the root of the volume that is shared. */
  readonly atRoot?: true;
}

export type DatasetType = keyof typeof runtimes;
/** All of them, JuiceFS first. */
export const mixedTypes: readonly DatasetType[] = [
  "juicefs",
  "alluxio",
  "jindo",
  "thin",
  "efc",
  "vineyard",
  "cache",
];

/** The dataset number `index`, as `writeManyDatasets` names it. */
export function manyDatasetsPlace(index: number, namespaces = 100): { namespace: string; name: string } {
  return { namespace: `team-${index % namespaces}`, name: `dataset-${index}` };
}

/** Numbers of about `count` datasets, spread over all of them; of each of `types` runtimes there are as many. */
export function spreadDatasets(datasets: number, count: number, types: number): number[] {
  const rounds = Math.max(1, Math.min(Math.ceil(count / types), Math.floor(datasets / types)));
  return Array.from({ length: rounds * types }, (_, index) => {
    const round = Math.floor(index / types) + 1;
    return Math.floor(((round * datasets) / rounds - types) / types) * types + (index % types);
  });
}

/**
 * Writes `count` datasets as a cluster shows them to kubectl: JSON `List`s of Dataset, runtime, PersistentVolumeClaim, PersistentVolume, DaemonSet and ConfigMap each. `directory` is made when it is missing.
 * Returns the paths of the files.
 */
export async function writeManyDatasets(
  directory: string,
  count: number,
  { objectsPerFile = 1_000, namespaces = 100, types = ["juicefs"] }: ManyDatasetsOptions = {},
): Promise<string[]> {
  await mkdir(directory, { recursive: true });
  const files: string[] = [];
  let items: object[] = [];
  const flush = async (): Promise<void> => {
    const file = join(directory, `datasets-${String(files.length).padStart(5, "0")}.json`);
    await writeFile(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    files.push(file);
    items = [];
  };
  for (let index = 0; index < count; index += 1) {
    const { namespace, name } = manyDatasetsPlace(index, namespaces);
    for (const object of objectsOfDataset(namespace, name, index, types[index % types.length])) {
      items.push(object);
      if (items.length === objectsPerFile) await flush();
    }
  }
  if (items.length > 0) await flush();
  return files;
}

/** The six objects of a dataset, with the defaults that an API server fills in. */
export function objectsOfDataset(
  namespace: string,
  name: string,
  index: number,
  type: DatasetType = "juicefs",
): object[] {
  const { kind, client, mountType }: RuntimeParts = runtimes[type];
  const id = `${namespace}-${name}`;
  const cache = `fluid.io/s-${id}`;
  const metadata = (own: string, place: object, more: object = {}): object => ({
    creationTimestamp: "2026-01-31T08:00:00Z",
    generation: 1,
    name: own,
    ...place,
    resourceVersion: String(1_000_000 + index),
    uid: uidOf(index, own),
    ...more,
  });
  const place = { namespace };
  const chart = {
    app: type,
    chart: `${type}-0.2.16`,
    heritage: "Helm",
    release: name,
    role: `${type}-fuse`,
  };
  return [
    {
      apiVersion: "data.fluid.io/v1alpha1",
      kind: "Dataset",
      metadata: metadata(name, place, { finalizers: ["fluid-dataset-controller-finalizer"] }),
      spec: {
        accessModes: ["ReadOnlyMany"],
        mounts: [
          {
            mountPoint: `${type}:///${name}`,
            name,
            options: { bucket: "http://minio:9000/data", storage: "minio" },
          },
        ],
      },
      status: {
        cacheStates: { cacheCapacity: "40.00GiB", cached: "0.00B", cachedPercentage: "0.0%" },
        conditions: [
          { message: "The ddc runtime is ready.", reason: "DatasetReady", status: "True", type: "Ready" },
        ],
        phase: "Bound",
        runtimes: [{ category: "Accelerate", masterReplicas: 1, name, namespace, type }],
      },
    },
    {
      apiVersion: "data.fluid.io/v1alpha1",
      kind,
      metadata: metadata(name, place),
      spec: {
        fuse: { nodeSelector: { pool: "data" }, podMetadata: {} },
        replicas: 1,
        tieredstore: { levels: [{ low: "0.1", mediumtype: "MEM", path: "/dev/shm", quota: "40Gi" }] },
      },
      status: {
        cacheAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchExpressions: [
                  { key: "topology.kubernetes.io/zone", operator: "In", values: [`zone-${index % 3}`] },
                ],
              },
            ],
          },
        },
        fusePhase: "Ready",
        masterPhase: "Ready",
        valueFile: `${name}-values`,
        workerPhase: "Ready",
      },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: metadata(name, place, {
        annotations: { CreatedBy: "fluid", "pv.kubernetes.io/bind-completed": "yes" },
        finalizers: ["kubernetes.io/pvc-protection"],
        labels: { "fluid.io/dataset-id": id, [cache]: "true" },
      }),
      spec: {
        accessModes: ["ReadOnlyMany"],
        resources: { requests: { storage: "100Pi" } },
        storageClassName: "fluid",
        volumeMode: "Filesystem",
        volumeName: id,
      },
      status: { accessModes: ["ReadOnlyMany"], capacity: { storage: "100Pi" }, phase: "Bound" },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: metadata(id, {}, { labels: { "fluid.io/dataset-id": id, [cache]: "true" } }),
      spec: {
        accessModes: ["ReadOnlyMany"],
        capacity: { storage: "100Pi" },
        claimRef: {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          name,
          namespace,
          uid: uidOf(index, name),
        },
        csi: {
          driver: "fuse.csi.fluid.io",
          volumeAttributes: {
            fluid_path: mountOf(namespace, name, type),
            mount_pod_node_selector_key: `fluid.io/f-${id}`,
            mount_type: mountType,
            runtime_name: name,
            runtime_namespace: namespace,
          },
          volumeHandle: id,
        },
        persistentVolumeReclaimPolicy: "Retain",
        storageClassName: "fluid",
        volumeMode: "Filesystem",
      },
      status: { phase: "Bound" },
    },
    {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: metadata(`${name}${client}`, place, { labels: { ...chart, "fluid.io/dataset-id": id } }),
      spec: {
        selector: { matchLabels: chart },
        template: {
          metadata: { labels: { ...chart, "fluid.io/dataset-id": id, "fluid.io/managed-by": "fluid" } },
          spec: clientPodSpec(namespace, name, type),
        },
        updateStrategy: { type: "OnDelete" },
      },
    },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: metadata(`${name}-fuse-script`, place, { labels: chart }),
      data: {
        "script.sh": `#!/bin/bash\nexec /bin/mount.${type} \${METAURL} ${mountOf(namespace, name, type)}\n`,
      },
    },
  ];
}

function clientPodSpec(namespace: string, name: string, type: DatasetType): object {
  const { in: inside, leaf, bare, prepared, atRoot }: RuntimeParts = runtimes[type];
  const secret = (variable: string, key: string): object => ({
    name: variable,
    valueFrom: { secretKeyRef: { key, name: "jfs-secret" } },
  });
  const above = `/runtime-mnt/${type}/${namespace}/${name}`;
  const directory = leaf ?? `${type}-fuse`;
  const shared = atRoot ? `${above}/${directory}` : above;
  const seen = inside ?? shared;
  const mount = atRoot ? seen : `${seen}/${directory}`;
  const image = `juicedata/mount:ce-v1.3.0`;
  return {
    containers: [
      {
        ...(bare ? {} : { command: ["sh", "/root/script/script.sh"] }),
        env: [
          { name: "JFS_FOREGROUND", value: "1" },
          secret("METAURL", "metaurl"),
          secret("ACCESS_KEY", "access-key"),
          secret("SECRET_KEY", "secret-key"),
          { name: "FLUID_RUNTIME_TYPE", value: type },
          { name: "FLUID_RUNTIME_NS", value: namespace },
          { name: "FLUID_RUNTIME_NAME", value: name },
        ],
        image,
        imagePullPolicy: "IfNotPresent",
        lifecycle: { preStop: { exec: { command: ["sh", "-c", `umount ${mount}`] } } },
        name: directory,
        ports: [{ containerPort: 14001, name: "metrics", protocol: "TCP" }],
        resources: { limits: { cpu: "2", memory: "2Gi" }, requests: { cpu: "100m", memory: "1Gi" } },
        securityContext: { privileged: true, runAsUser: 0 },
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
        volumeMounts: [
          { mountPath: seen, mountPropagation: "Bidirectional", name: `${directory}-mount` },
          { mountPath: "/root/script", name: "script" },
          { mountPath: "/dev/shm", name: "cache-dir-0" },
        ],
      },
    ],
    ...(prepared
      ? {
          initContainers: [
            { name: "render", image, volumeMounts: [{ mountPath: "/root/script", name: "script" }] },
          ],
        }
      : {}),
    dnsPolicy: "ClusterFirstWithHostNet",
    enableServiceLinks: false,
    hostNetwork: true,
    nodeSelector: { [`fluid.io/f-${namespace}-${name}`]: "true" },
    restartPolicy: "Always",
    schedulerName: "default-scheduler",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    tolerations: [{ operator: "Exists" }],
    volumes: [
      { hostPath: { path: shared, type: "DirectoryOrCreate" }, name: `${directory}-mount` },
      { configMap: { defaultMode: 493, name: `${name}-fuse-script` }, name: "script" },
      { hostPath: { path: "/dev/shm", type: "DirectoryOrCreate" }, name: "cache-dir-0" },
    ],
  };
}

function mountOf(namespace: string, name: string, type: DatasetType): string {
  const { leaf = `${type}-fuse` }: RuntimeParts = runtimes[type];
  return `/runtime-mnt/${type}/${namespace}/${name}/${leaf}`;
}

/** Different for each object, the same on each run. */
function uidOf(index: number, name: string): string {
  const head = (index >>> 0).toString(16).padStart(8, "0");
  let tail = 7;
  for (const char of name) tail = (tail * 31 + (char.codePointAt(0) ?? 0)) % 0xffff_ffff_ffff;
  return `${head}-0000-4000-8000-${tail.toString(16).padStart(12, "0")}`;
}
