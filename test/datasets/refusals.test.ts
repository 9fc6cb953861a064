import { describe, expect, it } from "vitest";
import { defaultConfig } from "../../src/config.ts";
import { resolveVolumes } from "../../src/datasets/resolve.ts";
import { describeRef } from "../../src/types/object-ref.ts";
import { type ReasonCode, reasonInfo } from "../../src/types/reason.ts";
import { type ClusterObjects, clusterOf } from "../support/cluster-of.ts";
import { type FluidDataset, fluidDataset, objectsOf } from "../support/fluid-dataset.ts";

type Break = (set: FluidDataset) => Partial<ClusterObjects>;
type Row = readonly [ReasonCode, string, Break, string, readonly string[]];

const claim = "PersistentVolumeClaim default/data";
const dataset = "Dataset default/data";
const runtime = "JuiceFSRuntime default/data";
const volume = "PersistentVolume default-data";
const daemonSet = "DaemonSet default/data-fuse";

const label = "fluid.io/s-default-data";
const toDataset = "claim default/data belongs to Dataset default/data, ";
const withStatus =
  (status: Partial<FluidDataset["dataset"]>): Break =>
  (set) => ({ datasets: [{ ...set.dataset, ...status }] });
const withVolume =
  (change: Partial<FluidDataset["persistentVolume"]>): Break =>
  (set) => ({ persistentVolumes: [{ ...set.persistentVolume, ...change }] });
const withAttributes =
  (attributes: Record<string, string>): Break =>
  (set) =>
    withVolume({
      csi: { driver: "d", attributes: { ...set.persistentVolume.csi?.attributes, ...attributes } },
    })(set);
const jindo: Break = (set) => ({
  datasets: [{ ...set.dataset, runtimes: [{ name: "data", namespace: "default", type: "jindo" }] }],
  runtimes: [{ ...set.runtime, kind: "JindoRuntime", metricsScrapeTarget: "MountPod,sidecar" }],
});

// What is wrong, what is said of it, and what that rests on.
const inBothModes: readonly Row[] = [
  [
    "claim-not-found",
    "no claim",
    () => ({ claims: [] }),
    "claim default/data does not exist: create it",
    [claim],
  ],
  [
    "claim-being-deleted",
    "claim being deleted",
    (set) => ({ claims: [{ ...set.claim, deleting: true }] }),
    "claim default/data is being deleted",
    [claim],
  ],
  [
    "dataset-not-found",
    "no Dataset",
    () => ({ datasets: [] }),
    `${toDataset}which does not exist: create it, or remove the claim's label ${label}`,
    [claim, dataset],
  ],
  [
    "dataset-not-bound",
    "no phase",
    withStatus({ phase: "" }),
    `${toDataset}which is not bound`,
    [claim, dataset],
  ],
  [
    "dataset-not-bound",
    "a Dataset that says why",
    withStatus({ phase: "NotBound", notReady: "no\nsecret" }),
    "it says: no secret",
    [claim, dataset],
  ],
  [
    "dataset-without-runtime",
    "no runtime in its status",
    withStatus({ runtimes: [] }),
    `${toDataset}which has no runtime yet`,
    [claim, dataset],
  ],
  [
    "several-runtimes",
    "two runtimes",
    withStatus({
      runtimes: [
        { name: "data", namespace: "default", type: "juicefs" },
        { name: "data", namespace: "default", type: "thin" },
      ],
    }),
    `${toDataset}which has 2 runtimes (juicefs, thin): leave it one`,
    [claim, dataset],
  ],
  [
    "runtime-not-supported",
    "an unknown type",
    withStatus({ runtimes: [{ name: "data", namespace: "default", type: "gus" }] }),
    "whose runtime type gus is not known (alluxio, cache, efc, goosefs, jindo, juicefs, thin, vineyard are)",
    [claim, dataset],
  ],
  [
    "runtime-not-supported",
    "no type",
    withStatus({ runtimes: [{ name: "data", namespace: "default", type: "" }] }),
    'whose runtime type "" is not known',
    [claim, dataset],
  ],
  [
    "runtime-not-found",
    "no runtime object",
    (set) => ({ runtimes: [{ ...set.runtime, namespace: "other" }] }),
    `${toDataset}whose JuiceFSRuntime data does not exist: create it`,
    [claim, dataset, runtime],
  ],
];

const forClients: readonly Row[] = [
  [
    "claim-not-bound",
    "an unbound claim",
    ({ claim: { volumeName: _, ...rest } }) => ({ claims: [rest] }),
    "claim default/data of the Dataset of that name has no volume yet",
    [claim, dataset, runtime],
  ],
  [
    "volume-not-found",
    "no volume",
    () => ({ persistentVolumes: [] }),
    "PersistentVolume default-data of claim default/data does not exist",
    [claim, dataset, runtime, volume],
  ],
  [
    "volume-of-other-claim",
    "a volume of another claim",
    withVolume({ claimRef: { namespace: "other", name: "x" } }),
    "names PersistentVolume default-data, which is bound to claim other/x",
    [claim, dataset, runtime, volume],
  ],
  [
    "volume-of-other-claim",
    "a volume of an earlier claim",
    withVolume({ claimRef: { namespace: "default", name: "data", uid: "before" } }),
    "which is bound to an earlier claim of that name",
    [claim, dataset, runtime, volume],
  ],
  [
    "volume-of-other-claim",
    "a volume of no claim",
    ({ persistentVolume: { claimRef: _, ...rest } }) => ({ persistentVolumes: [rest] }),
    "which is bound to no claim",
    [claim, dataset, runtime, volume],
  ],
  [
    "volume-without-attributes",
    "a volume without CSI",
    ({ persistentVolume: { csi: _, ...rest } }) => ({ persistentVolumes: [rest] }),
    "PersistentVolume default-data of Dataset default/data is no Fluid volume: there is no CSI attribute fluid_path",
    [claim, dataset, runtime, volume],
  ],
  [
    "volume-without-attributes",
    "a volume without attributes",
    withVolume({ csi: { driver: "d" } }),
    "there is no CSI attribute fluid_path",
    [claim, dataset, runtime, volume],
  ],
  ...["runtime-mnt/x", "/runtime-mnt/../etc", "/a\nb"].map(
    (path): Row => [
      "volume-without-attributes",
      `fluid_path ${JSON.stringify(path)}`,
      withAttributes({ fluid_path: path }),
      "is no absolute path",
      [claim, dataset, runtime, volume],
    ],
  ),
  ...["../etc", "a/../b", "/a", "a\u0000b"].map(
    (path): Row => [
      "bad-sub-path",
      `fluid_sub_path ${JSON.stringify(path)}`,
      withAttributes({ fluid_sub_path: path }),
      "which may lead out of its source",
      [claim, dataset, runtime, volume],
    ],
  ),
  [
    "runtime-bad-value",
    "an unknown scrape target",
    jindo,
    'JindoRuntime default/data has the unknown word "sidecar" in fuse.metrics.scrapeTarget: use MountPod, Sidecar, All or None',
    [claim, dataset, "JindoRuntime default/data", volume],
  ],
  [
    "client-not-found",
    "no DaemonSet",
    () => ({ clientDaemonSets: [] }),
    "DaemonSet data-fuse does not exist",
    [claim, dataset, runtime, volume, daemonSet],
  ],
  [
    "client-without-container",
    "a DaemonSet without containers",
    (set) => ({
      clientDaemonSets: [{ ...set.daemonSet, template: { ...set.daemonSet.template, containers: [] } }],
    }),
    "DaemonSet data-fuse has no container",
    [claim, dataset, runtime, volume, daemonSet],
  ],
  [
    "client-without-mount",
    "a DaemonSet without the mount",
    (set) => ({
      clientDaemonSets: [{ ...set.daemonSet, template: { ...set.daemonSet.template, volumes: [] } }],
    }),
    "mounts no hostPath that holds /runtime-mnt/juicefs/default/data/juicefs-fuse",
    [claim, dataset, runtime, volume, daemonSet],
  ],
];

function refuse(objects: ClusterObjects, clients: boolean, claimName = "data", skipBoundCheck = false) {
  const pod = { spec: { containers: [], volumes: [{ name: "v", persistentVolumeClaim: { claimName } }] } };
  const options = {
    clients,
    skipBoundCheck,
    keepCacheDirectories: false,
    references: defaultConfig.references,
  };
  return resolveVolumes(pod, "default", clusterOf(objects), options).volumes[0];
}

describe.each([
  { mode: "sidecar", clients: true, rows: [...inBothModes, ...forClients] },
  { mode: "csi", clients: false, rows: inBothModes },
])("in $mode mode", ({ clients, rows }) => {
  it.each(rows)("%s: %s", (code, _, broken, words, restsOn) => {
    const set = fluidDataset("data");
    const result = refuse({ ...objectsOf(set), ...broken(set) }, clients);
    if (result?.kind !== "problem") throw new Error(`not refused: ${JSON.stringify(result)}`);
    const { finding } = result;
    expect(finding).toMatchObject({ code, volume: "v" });
    expect(finding.message).toContain(words);
    expect(finding.message.length).toBeLessThanOrEqual(200);
    expect(finding.message).toMatch(/: \S/);
    expect(finding.restsOn?.map(describeRef)).toEqual(restsOn);
    expect(reasonInfo(code).level).toBe("refusal");
  });
});

describe("the Dataset's own claim, behind another one", () => {
  const set = fluidDataset("data");
  const nas = { ...set.claim, name: "nas", labels: { "fluid.io/managed-by": "data" } };
  const refs = ["PersistentVolumeClaim default/nas", dataset, runtime, claim];
  it.each([
    ["claim-not-found", [nas]],
    ["claim-being-deleted", [nas, { ...set.claim, deleting: true }]],
    ["claim-not-bound", [nas, { ...set.claim, volumeName: "" }]],
  ])("is refused as %s", (code, claims) => {
    const result = refuse({ ...objectsOf(set), claims }, true, "nas");
    expect(result).toMatchObject({ kind: "problem", finding: { code } });
    expect(result?.kind === "problem" && result.finding.restsOn?.map(describeRef)).toEqual(refs);
  });

  it("is not needed in csi mode", () => {
    expect(refuse({ ...objectsOf(set), claims: [nas] }, false, "nas")).toMatchObject({ kind: "dataset" });
  });
});

describe("the bound check", () => {
  it.each(["Bound", "Pending", "Failed", "Updating", "DataMigrating"])("lets phase %s pass", (phase) => {
    const set = fluidDataset("data");
    expect(refuse({ ...objectsOf(set), datasets: [{ ...set.dataset, phase }] }, true)?.kind).toBe("dataset");
  });

  it("is left out on demand", () => {
    const set = fluidDataset("data");
    const objects = { ...objectsOf(set), datasets: [{ ...set.dataset, phase: "NotBound" }] };
    expect(refuse(objects, true, "data", true)?.kind).toBe("dataset");
  });
});

describe("long names", () => {
  const name = "imagenet-2012-train-shards-tfrecord-recompressed-v000-and-a-half";
  it.each([...inBothModes, ...forClients].filter(([code]) => code !== "runtime-bad-value"))(
    "%s: %s keeps its remedy within 200 characters",
    (_, __, broken) => {
      const set = fluidDataset(name);
      const result = refuse({ ...objectsOf(set), ...broken(set) }, true, name);
      if (result?.kind !== "problem") throw new Error(`not refused: ${JSON.stringify(result)}`);
      expect(result.finding.message.replace(/; it says.*/, "").length).toBeLessThanOrEqual(200);
      // Shortened in words, whole where the object is read again.
      expect(result.finding.restsOn?.[0]?.name).toBe(name);
    },
  );

  it("a controller's long message comes last and is cut", () => {
    const set = fluidDataset("data");
    const datasets = [{ ...set.dataset, phase: "NotBound", notReady: "x".repeat(10_000) }];
    const result = refuse({ ...objectsOf(set), datasets }, true);
    const message = result?.kind === "problem" ? result.finding.message : "";
    expect(message.indexOf("it says")).toBeLessThan(200);
    expect(message.length).toBeLessThan(600);
  });
});
