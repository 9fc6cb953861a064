import fc from "fast-check";
import type { ClusterView } from "../../src/cluster/cluster-view.ts";
import {
  bareDataset,
  furtherClaim,
  nestedDataset,
  preparedDataset,
  subPathDataset,
  withClient,
  writableDataset,
} from "./dataset-zoo.ts";
import { optedInCluster } from "./decide-pod.ts";
import { type FluidDataset, fluidDataset, objectsOf } from "./fluid-dataset.ts";
import { referenceTo } from "./reference-dataset.ts";

const longName = `long-${"x".repeat(62)}`;
const data = writableDataset("data");

const zoo: readonly FluidDataset[] = [
  data,
  fluidDataset("images", "alluxio"),
  fluidDataset("models", "jindo"),
  bareDataset("bare"),
  subPathDataset("sub", "inner/part"),
  nestedDataset("nested", "data"),
  nestedDataset("deep", "nested"),
  preparedDataset("tables"),
  fluidDataset("objects", "vineyard"),
  referenceTo(data, "part", "default", "inner"),
  withClient(
    fluidDataset(longName),
    (container) => ({
      ...container,
      volumeDevices: [{ name: "disk", devicePath: "/dev/xvda" }],
      volumeMounts: [...(container.volumeMounts ?? []), { name: "v".repeat(63), mountPath: "/cache" }],
    }),
    [
      { name: "v".repeat(63), emptyDir: {} },
      { name: "disk", persistentVolumeClaim: { claimName: "plain" } },
    ],
  ),
];

const plainClaims = [
  { ...data.claim, name: "plain", uid: "claim-plain", labels: {}, storageClassName: "standard" },
  furtherClaim("data-again", data),
];

/** Names of the claims in the clusters below: those of datasets, a plain one, and one that is missing. */
export const datasetClaims = [...zoo.map((dataset) => dataset.claim.name), "data-again"];
export const otherClaims = ["plain", "missing"];

/** Every claim but "missing" can be served; namespace default opts in. */
export function completeCluster(): ClusterView {
  const objects = objectsOf(...zoo);
  return optedInCluster(zoo, { claims: [...objects.claims, ...plainClaims] });
}

/** As `completeCluster`, with objects and parts of objects missing or odd. */
export const arbitraryHalfMadeCluster: fc.Arbitrary<ClusterView> = fc
  .record({
    holes: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.constantFrom(...wounds())), { maxLength: 8 }),
  })
  .map(({ holes }) => {
    const objects = structuredClone(objectsOf(...zoo));
    const kinds = Object.values(objects) as unknown as Record<string, unknown>[][];
    for (const [kind, index, wound] of holes) {
      const list = kinds[kind % kinds.length] ?? [];
      wound(list, index);
    }
    return optedInCluster([], { ...objects, claims: [...objects.claims, ...plainClaims] });
  });

type Wound = (objects: Record<string, unknown>[], at: number) => void;

function wounds(): Wound[] {
  const pick = (objects: Record<string, unknown>[], at: number) => objects[at % objects.length];
  const change =
    (parts: Record<string, unknown>): Wound =>
    (objects, at) => {
      const object = pick(objects, at);
      if (object === undefined) return;
      for (const [key, value] of Object.entries(parts)) if (key in object) object[key] = value;
    };
  return [
    (objects, at) => objects.splice(at % Math.max(1, objects.length), 1),
    change({ volumeName: "gone", csi: undefined, phase: "NotBound", kind: "Odd", template: emptyTemplate() }),
    change({ deleting: true, claimRef: undefined, runtimes: [] }),
    change({ labels: {}, csi: { driver: "other" }, phase: "", clientNodeSelector: { disk: "ssd" } }),
    change({ claimRef: { namespace: "other", name: "data" }, mountPoints: [], accessModes: [] }),
    change({
      csi: { driver: "fuse.csi.fluid.io", attributes: { fluid_path: "../x" } },
      workerRequirements: [{ key: "topology.kubernetes.io/zone", operator: "In", values: ["a"] }],
    }),
    (objects, at) => {
      const template = pick(objects, at)?.["template"];
      if (!isTemplate(template)) return;
      const [container] = template.containers;
      if (container === undefined) return;
      delete container["volumeMounts"];
    },
    (objects, at) => {
      const template = pick(objects, at)?.["template"];
      if (isTemplate(template)) template.volumes = [];
    },
    (objects, at) => {
      const template = pick(objects, at)?.["template"];
      if (!isTemplate(template)) return;
      const name = String(template.volumes[0]?.["name"] ?? "x");
      template.volumes.push({ name: "self", persistentVolumeClaim: { claimName: "nested" } });
      const mounts = template.containers[0]?.["volumeMounts"];
      if (Array.isArray(mounts)) mounts.push({ name: "self", mountPath: "/self" }, { name, mountPath: "/x" });
    },
  ];
}

function emptyTemplate() {
  return { containers: [], initContainers: [{ name: "init" }], volumes: [], imagePullSecrets: [] };
}

interface RawTemplate {
  containers: Record<string, unknown>[];
  volumes: Record<string, unknown>[];
}

function isTemplate(value: unknown): value is RawTemplate {
  return typeof value === "object" && value !== null && "containers" in value;
}
