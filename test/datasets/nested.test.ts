import type { Volume } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { resolveVolumes } from "../../src/datasets/resolve.ts";
import { describeRef } from "../../src/types/object-ref.ts";
import { type ClusterObjects, clusterOf } from "../support/cluster-of.ts";
import { type FluidDataset, fluidDataset, objectsOf } from "../support/fluid-dataset.ts";
import { resolveOptions } from "../support/resolve-options.ts";

/** The dataset with a client that mounts these volumes as well. */
function mounting(set: FluidDataset, ...volumes: Volume[]): FluidDataset {
  const { template } = set.daemonSet;
  const containers = template.containers.map((container) => ({
    ...container,
    volumeMounts: [
      ...(container.volumeMounts ?? []),
      ...volumes.map(({ name }) => ({ name, mountPath: `/mnt/${name}` })),
    ],
  }));
  const daemonSet = {
    ...set.daemonSet,
    template: { ...template, containers, volumes: [...template.volumes, ...volumes] },
  };
  return { ...set, daemonSet };
}

function claims(...names: string[]): Volume[] {
  return names.map((claimName) => ({ name: `${claimName}-data`, persistentVolumeClaim: { claimName } }));
}

function nest(name: string, ...sources: string[]): FluidDataset {
  return mounting(fluidDataset(name), ...claims(...sources));
}

function resolve(objects: ClusterObjects, names: string[], clients = true) {
  const pod = { spec: { containers: [], volumes: claims(...names) } };
  return resolveVolumes(pod, "default", clusterOf(objects), { ...resolveOptions, clients });
}

describe("a client that mounts datasets itself", () => {
  it("brings them along, after the pod's own and in the order found", () => {
    const objects = objectsOf(nest("b", "z", "y"), nest("c"), nest("y", "x"), nest("z", "y"), nest("x"));
    const { datasets, volumes } = resolve(objects, ["c", "b"]);
    expect(volumes.map((volume) => volume.kind)).toEqual(["dataset", "dataset"]);
    expect(datasets.map((d) => [d.claim.name, d.sources ?? []])).toEqual([
      ["b", ["z", "y"]],
      ["c", []],
      ["z", ["y"]],
      ["y", ["x"]],
      ["x", []],
    ]);
  });

  it("has them once where the pod mounts them too", () => {
    const { datasets } = resolve(objectsOf(nest("b", "a"), nest("a")), ["b", "a"]);
    expect(datasets.map((d) => d.claim.name)).toEqual(["a", "b"]);
  });

  it("keeps the claim in the client's volumes", () => {
    const { datasets } = resolve(objectsOf(nest("b", "a"), nest("a")), ["b"]);
    expect(datasets[0]?.client?.volumes).toContainEqual(claims("a")[0]);
  });

  it("shares a client that serves another claim of the same Dataset", () => {
    const a = fluidDataset("a");
    const nas = { ...a.claim, name: "nas", labels: { "fluid.io/managed-by": "a" } };
    const objects = objectsOf(nest("b", "a"), a);
    const { datasets } = resolve({ ...objects, claims: [...objects.claims, nas] }, ["b", "nas"]);
    expect(datasets.map((d) => [d.claim.name, d.sharesClientOf])).toEqual([
      ["b", undefined],
      ["nas", undefined],
      ["a", "nas"],
    ]);
  });

  it("keeps a plain claim as it is", () => {
    const b = nest("b", "plain");
    const objects = objectsOf(b);
    const plain = { ...b.claim, name: "plain", labels: {} };
    const { datasets } = resolve({ ...objects, claims: [...objects.claims, plain] }, ["b"]);
    expect(datasets.map((d) => [d.claim.name, d.sources])).toEqual([["b", undefined]]);
    expect(datasets[0]?.client?.volumes).toContainEqual(claims("plain")[0]);
  });

  it("is of no matter in csi mode", () => {
    expect(resolve(objectsOf(nest("b", "gone")), ["b"], false).datasets).toHaveLength(1);
  });
});

describe("a client whose dataset cannot be served", () => {
  function problem(objects: ClusterObjects, name: string) {
    const [volume] = resolve(objects, [name]).volumes;
    if (volume?.kind !== "problem") throw new Error(`not refused: ${JSON.stringify(volume)}`);
    return volume.finding;
  }

  it("is refused for the inner reason, naming both claims", () => {
    const objects = objectsOf(nest("b", "a"), nest("a"));
    const finding = problem({ ...objects, datasets: objects.datasets.slice(0, 1) }, "b");
    expect(finding.code).toBe("dataset-not-found");
    expect(finding.message).toMatch(
      /^claim default\/a belongs to Dataset default\/a, which .* \(volume a-data of the client of claim default\/b needs it\)$/,
    );
    expect(finding.restsOn?.map(describeRef)).toEqual([
      "PersistentVolumeClaim default/b",
      "Dataset default/b",
      "JuiceFSRuntime default/b",
      "PersistentVolume default-b",
      "DaemonSet default/b-fuse",
      "PersistentVolumeClaim default/a",
      "Dataset default/a",
    ]);
  });

  it("is refused for a missing claim and for an ephemeral dataset", () => {
    expect(problem(objectsOf(nest("b", "gone")), "b").code).toBe("claim-not-found");
    const ephemeral = { volumeClaimTemplate: { spec: { storageClassName: "fluid" } } };
    const objects = objectsOf(mounting(fluidDataset("b"), { name: "e", ephemeral }));
    expect(problem(objects, "b").code).toBe("ephemeral-dataset");
  });

  it.each([
    ["itself", [nest("a", "a")], "a", "a -> a"],
    ["each other", [nest("a", "b"), nest("b", "a")], "a", "a -> b -> a"],
    [
      "each other, met from outside",
      [nest("out", "a"), nest("a", "b"), nest("b", "a")],
      "out",
      "a -> b -> a",
    ],
  ])("is refused when datasets are the source of %s", (_, sets, name, chain) => {
    const finding = problem(objectsOf(...sets), name);
    expect(finding.code).toBe("dataset-loop");
    expect(finding.message).toContain(`(${chain})`);
  });

  it("is refused when another claim of its own Dataset is its source", () => {
    const a = nest("a", "nas");
    const nas = { ...a.claim, name: "nas", labels: { "fluid.io/managed-by": "a" } };
    const finding = problem({ ...objectsOf(a), claims: [a.claim, nas] }, "a");
    expect(finding.code).toBe("dataset-loop");
    expect(finding.message).toContain("take claim nas out of the client of a");
  });

  it.each([8, 9, 10_000])("ends for a chain of %i", (length) => {
    const chain = Array.from({ length }, (_, i) =>
      i + 1 < length ? nest(`d${i}`, `d${i + 1}`) : nest(`d${i}`),
    );
    const { volumes, datasets } = resolve(objectsOf(...chain), ["d0"]);
    if (length === 8) expect(datasets).toHaveLength(8);
    else expect(volumes).toMatchObject([{ finding: { code: "nested-too-deep" } }]);
  });
});
