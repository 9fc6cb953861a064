import { type DemoDataset, demoDatasets, demoNamespace } from "./demo-datasets.ts";
import { toYaml } from "./kubernetes-yaml.ts";

/** The claim of a dataset that is missing in the demo's cluster. */
export const missingDataset = "speech";

const nodes = [
  { name: "node-a", zone: "zone-1" },
  { name: "node-b", zone: "zone-1" },
  { name: "node-c", zone: "zone-2" },
];

/** The demo's cluster as files of manifests, by file name: what `--cluster DIR` takes. */
export function demoClusterFiles(): Map<string, string> {
  const files = new Map<string, string>([
    ["nodes.yaml", stream(nodes.map(({ name, zone }) => node(name, zone)))],
    ["namespace.yaml", stream([namespace()])],
    [`${missingDataset}.yaml`, stream([claim(missingDataset, "ReadOnlyMany"), volume(missingDataset)])],
  ]);
  for (const dataset of demoDatasets) files.set(`${dataset.name}.yaml`, stream(objectsOf(dataset)));
  return files;
}

function stream(objects: readonly object[]): string {
  return objects.map(toYaml).join("---\n");
}

function node(name: string, zone: string): object {
  const held = demoDatasets.filter(({ cacheNodes }) => cacheNodes.includes(name));
  const cacheLabels = held.flatMap((dataset) => [
    [`fluid.io/s-${demoNamespace}-${dataset.name}`, "true"],
    [`fluid.io/s-${dataset.type}-${demoNamespace}-${dataset.name}`, "true"],
  ]);
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "topology.kubernetes.io/zone": zone,
        "topology.kubernetes.io/region": "region-1",
        ...Object.fromEntries(cacheLabels),
      },
    },
    status: { nodeInfo: { kubeletVersion: "v1.33.4" } },
  };
}

function namespace(): object {
  const labels = { "kubernetes.io/metadata.name": demoNamespace, "sluice.io/injection": "enabled" };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: demoNamespace, labels } };
}

function objectsOf(dataset: DemoDataset): object[] {
  const { name, type, runtimeKind, mountPoint, accessMode } = dataset;
  const metadata = { name, namespace: demoNamespace };
  return [
    {
      apiVersion: "data.fluid.io/v1alpha1",
      kind: "Dataset",
      metadata,
      spec: { mounts: [{ mountPoint, name, path: "/" }], accessModes: [accessMode] },
      status: {
        phase: "Bound",
        runtimes: [{ name, namespace: demoNamespace, category: "Accelerate", type }],
        conditions: [{ type: "Ready", status: "True", reason: "DatasetReady" }],
      },
    },
    {
      apiVersion: "data.fluid.io/v1alpha1",
      kind: runtimeKind,
      metadata,
      spec: { fuse: {} },
      status: {
        cacheAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
      },
    },
    claim(name, accessMode),
    volume(name, dataset),
    daemonSet(dataset),
  ];
}

function claim(name: string, accessMode: string): object {
  const labels = {
    [`fluid.io/s-${demoNamespace}-${name}`]: "true",
    "fluid.io/dataset-id": `${demoNamespace}-${name}`,
  };
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace: demoNamespace, labels },
    spec: {
      volumeName: `${demoNamespace}-${name}`,
      storageClassName: "fluid",
      accessModes: [accessMode],
      resources: { requests: { storage: "100Pi" } },
    },
    status: { phase: "Bound" },
  };
}

function volume(name: string, dataset?: DemoDataset): object {
  const handle = `${demoNamespace}-${name}`;
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: handle, labels: { [`fluid.io/s-${handle}`]: "true" } },
    spec: {
      storageClassName: "fluid",
      capacity: { storage: "100Pi" },
      accessModes: [dataset?.accessMode ?? "ReadOnlyMany"],
      claimRef: { namespace: demoNamespace, name },
      csi: {
        driver: "fuse.csi.fluid.io",
        volumeHandle: handle,
        volumeAttributes: {
          fluid_path: dataset?.fluidPath ?? `/runtime-mnt/thin/${demoNamespace}/${name}/thin-fuse`,
          mount_type: dataset?.mountType ?? "fuse",
          runtime_name: name,
          runtime_namespace: demoNamespace,
        },
      },
    },
  };
}

function daemonSet({ daemonSet, name, client, volumes }: DemoDataset): object {
  const labels = { app: daemonSet, "fluid.io/managed-by": "fluid" };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: daemonSet, namespace: demoNamespace, labels },
    spec: {
      selector: { matchLabels: { app: daemonSet } },
      template: {
        metadata: { labels },
        spec: {
          hostNetwork: true,
          dnsPolicy: "ClusterFirstWithHostNet",
          nodeSelector: { [`fluid.io/f-${demoNamespace}-${name}`]: "true" },
          tolerations: [{ operator: "Exists" }],
          containers: [client],
          volumes,
        },
      },
    },
  };
}
