import type { Volume } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { ClusterView } from "../../src/cluster/cluster-view.ts";
import { resolveVolumes } from "../../src/datasets/resolve.ts";
import { clusterOf } from "../support/cluster-of.ts";
import { type FluidType, fluidDataset, objectsOf } from "../support/fluid-dataset.ts";
import { resolveOptions } from "../support/resolve-options.ts";

const csi = { ...resolveOptions, clients: false };

function resolve(cluster: ClusterView, volumes: Volume[], options = resolveOptions) {
  return resolveVolumes({ spec: { containers: [], volumes } }, "default", cluster, options);
}

function claimVolume(claimName: string, name = claimName): Volume {
  return { name, persistentVolumeClaim: { claimName } };
}

describe("a healthy dataset", () => {
  it.each<FluidType>(["alluxio", "jindo", "juicefs", "thin"])("of type %s gets its client", (type) => {
    const set = fluidDataset("data", type);
    const { volumes, datasets } = resolve(clusterOf(objectsOf(set)), [claimVolume("data", "v")]);
    const leaf = type === "jindo" ? "jindofs-fuse" : `${type}-fuse`;
    expect(volumes).toEqual([{ volume: "v", kind: "dataset", dataset: datasets[0], readOnly: false }]);
    expect(datasets).toMatchObject([
      {
        claim: { namespace: "default", name: "data" },
        family: "fluid",
        dataset: { namespace: "default", name: "data" },
        runtime: type,
        subPath: "",
        readOnly: true,
        oncePerCluster: false,
        client: {
          source: { kind: "DaemonSet", namespace: "default", name: set.daemonSet.name },
          mountPath: `${type === "jindo" ? "/jfs" : `/runtime-mnt/${type}/default/data`}/${leaf}`,
          sharedMount: { volumeName: `${leaf}-mount` },
          volumes: [{ name: "script" }],
        },
      },
    ]);
  });

  it("is one entry for two volumes, and each volume keeps its own readOnly", () => {
    const { volumes, datasets } = resolve(clusterOf(objectsOf(fluidDataset("data"))), [
      claimVolume("data", "a"),
      { name: "b", persistentVolumeClaim: { claimName: "data", readOnly: true } },
    ]);
    expect(datasets).toHaveLength(1);
    expect(volumes.map((v) => v.kind === "dataset" && [v.volume, v.readOnly])).toEqual([
      ["a", false],
      ["b", true],
    ]);
  });

  it("is listed by claim name whatever the order of the volumes", () => {
    const cluster = clusterOf(objectsOf(fluidDataset("a"), fluidDataset("b"), fluidDataset("c")));
    const names = (...claims: string[]) =>
      resolve(
        cluster,
        claims.map((c) => claimVolume(c)),
      ).datasets.map((d) => d.claim.name);
    expect(names("c", "a", "b")).toEqual(["a", "b", "c"]);
    expect(names("b", "c", "a")).toEqual(["a", "b", "c"]);
  });

  it("needs neither volume nor DaemonSet in csi mode", () => {
    const { claims, datasets, runtimes } = objectsOf(fluidDataset("data"));
    const found = resolve(clusterOf({ claims, datasets, runtimes }), [claimVolume("data")], csi).datasets;
    expect(found).toMatchObject([
      { claim: { name: "data" }, locality: { nodeLabel: "fluid.io/s-default-data" } },
    ]);
    expect(found[0]).not.toHaveProperty("client");
  });

  it.each([
    ["the claim", ["ReadOnlyMany"], ["ReadWriteMany"], true, false],
    ["the volume", ["ReadWriteMany"], ["ReadOnlyMany"], true, false],
    ["neither", ["ReadWriteMany", "ReadOnlyMany"], ["ReadWriteMany"], false, false],
    ["nothing known", [], [], false, false],
    ["one pod", ["ReadWriteOncePod"], ["ReadWriteOncePod"], false, true],
  ])("grants what %s grants", (_, ofClaim, ofVolume, readOnly, oncePerCluster) => {
    const set = fluidDataset("data");
    const cluster = clusterOf({
      ...objectsOf(set),
      claims: [{ ...set.claim, accessModes: ofClaim }],
      persistentVolumes: [{ ...set.persistentVolume, accessModes: ofVolume }],
    });
    expect(resolve(cluster, [claimVolume("data")]).datasets).toMatchObject([{ readOnly, oncePerCluster }]);
  });
});

describe("which claims are a dataset's", () => {
  const target = fluidDataset("target");
  it.each([
    ["fluid.io/managed-by", { "fluid.io/managed-by": "target" }],
    ["fluid.io/wrapped-by", { "fluid.io/wrapped-by": "target" }],
    ["managed-by before wrapped-by", { "fluid.io/wrapped-by": "other", "fluid.io/managed-by": "target" }],
  ])("label %s names the Dataset", (_, labels) => {
    const cluster = clusterOf({
      ...objectsOf(target),
      claims: [target.claim, { ...target.claim, name: "nas", uid: "nas", labels, volumeName: "some-nfs" }],
    });
    const { datasets } = resolve(cluster, [claimVolume("nas")]);
    expect(datasets).toMatchObject([{ claim: { name: "nas" }, dataset: { name: "target" } }]);
    // The mount is that of the Dataset's own volume, not of the claim's.
    expect(datasets[0]?.client?.mountPath).toBe("/runtime-mnt/juicefs/default/target/juicefs-fuse");
  });

  it.each([
    ["no label", {}],
    ["a label for the nodes' clients", { "fluid.io/f-default-x": "true" }],
    ["an empty prefix elsewhere", { "x.fluid.io/s-default-x": "true", "fluid.io/dataset-id": "default-x" }],
  ])("%s makes a plain claim", (_, labels) => {
    const cluster = clusterOf({ claims: [{ ...target.claim, name: "plain", labels, deleting: true }] });
    expect(resolve(cluster, [claimVolume("plain", "v")]).volumes).toMatchObject([
      { volume: "v", kind: "other", code: "not-a-dataset" },
    ]);
  });

  it("both claims of a Dataset are kept, and share the first one's client", () => {
    const nas = { ...target.claim, name: "nas", labels: { "fluid.io/managed-by": "target" } };
    const cluster = clusterOf({ ...objectsOf(target), claims: [target.claim, nas] });
    const { datasets } = resolve(cluster, [claimVolume("target"), claimVolume("nas")]);
    expect(datasets.map((d) => [d.claim.name, d.sharesClientOf])).toEqual([
      ["nas", undefined],
      ["target", "nas"],
    ]);
    expect(datasets[1]?.client).toBe(datasets[0]?.client);
  });
});

describe("volumes that are no claims", () => {
  it.each<[string, Volume, string]>([
    ["emptyDir", { name: "v", emptyDir: {} }, "not-a-claim"],
    ["image", { name: "v" }, "not-a-claim"],
    ["a claim without name", { name: "v", persistentVolumeClaim: { claimName: "" } }, "not-a-claim"],
    ["plain ephemeral", { name: "v", ephemeral: { volumeClaimTemplate: { spec: {} } } }, "not-a-dataset"],
    ["bare ephemeral", { name: "v", ephemeral: {} }, "not-a-dataset"],
  ])("%s is left alone", (_, volume, code) => {
    expect(resolve(clusterOf({}), [volume]).volumes).toMatchObject([{ volume: "v", kind: "other", code }]);
  });

  it.each([
    ["label", { metadata: { labels: { "fluid.io/s-default-x": "true" } }, spec: {} }],
    ["storage class", { spec: { storageClassName: "fluid" } }],
  ])("an ephemeral volume with Fluid's %s is refused", (_, volumeClaimTemplate) => {
    const [volume] = resolve(clusterOf({}), [{ name: "v", ephemeral: { volumeClaimTemplate } }]).volumes;
    expect(volume).toMatchObject({
      kind: "problem",
      finding: {
        code: "ephemeral-dataset",
        volume: "v",
        message: expect.stringContaining("volume v is ephemeral"),
      },
    });
  });

  const token = { sources: [{ serviceAccountToken: { path: "token" } }] };

  it.each<[string, Volume, boolean]>([
    ["the API server's own token", { name: "kube-api-access-x7k2p", projected: token }, false],
    ["a token of the pod's own", { name: "token", projected: token }, true],
    ["another volume by the API server's name", { name: "kube-api-access-x7k2p", emptyDir: {} }, true],
    ["nothing where the token should be", JSON.parse('{"name":"kube-api-access-x","projected":null}'), true],
    [
      "a claim that says it is a token, too",
      { ...claimVolume("c", "kube-api-access-x"), projected: token },
      true,
    ],
  ])("%s", (_, volume, told) => {
    expect(resolve(clusterOf({}), [volume]).volumes.map((one) => one.volume)).toEqual(
      told ? [volume.name] : [],
    );
  });

  it("every volume has its entry, in the pod's order", () => {
    const cluster = clusterOf(objectsOf(fluidDataset("data")));
    const volumes = [claimVolume("data", "a"), { name: "b", emptyDir: {} }, claimVolume("gone", "c")];
    expect(resolve(cluster, volumes).volumes.map((v) => [v.volume, v.kind])).toEqual([
      ["a", "dataset"],
      ["b", "other"],
      ["c", "problem"],
    ]);
  });
});
