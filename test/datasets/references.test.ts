import type { Container, Volume } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { ResolveOptions } from "../../src/datasets/claim-resolver.ts";
import { resolveVolumes } from "../../src/datasets/resolve.ts";
import { describeRef } from "../../src/types/object-ref.ts";
import { clusterOf } from "../support/cluster-of.ts";
import { withClient, writableDataset } from "../support/dataset-zoo.ts";
import { type FluidDataset, fluidDataset, objectsOf } from "../support/fluid-dataset.ts";
import { annotated, referenceTo } from "../support/reference-dataset.ts";
import { resolveOptions } from "../support/resolve-options.ts";

const csi = { ...resolveOptions, clients: false };

function resolve(sets: readonly FluidDataset[], options = resolveOptions, claims = ["ref"]) {
  const volumes = claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }));
  return resolveVolumes(
    { spec: { containers: [], volumes } },
    "team",
    clusterOf(objectsOf(...sets)),
    options,
  );
}

function problemOf(sets: readonly FluidDataset[], options = resolveOptions) {
  const [volume] = resolve(sets, options).volumes;
  if (volume?.kind !== "problem") throw new Error(`no problem: ${JSON.stringify(volume)}`);
  return volume.finding;
}

const data = fluidDataset("data", "juicefs", "owner");
const ref = referenceTo(data, "ref", "team", "models/v1");

describe("a reference dataset", () => {
  it("is served by the client of the dataset that it refers to, as that one is now", () => {
    const newer = withClient(data, (container) => ({ ...container, image: "registry.example/juicefs:2" }));
    const [dataset] = resolve([newer, ref]).datasets;
    expect(dataset).toMatchObject({
      dataset: { namespace: "team", name: "ref" },
      runtime: "juicefs",
      subPath: "models/v1",
      locality: { nodeLabel: "fluid.io/s-owner-data" },
      client: {
        source: { kind: "DaemonSet", namespace: "owner", name: "data-fuse" },
        container: { image: "registry.example/juicefs:2" },
        mountPath: "/runtime-mnt/juicefs/owner/data/juicefs-fuse",
      },
    });
  });

  it("is followed through others to the last one", () => {
    const middle = referenceTo(data, "middle", "between");
    const last = {
      ...referenceTo(middle, "ref", "team"),
      persistentVolume: referenceTo(data, "ref", "team").persistentVolume,
    };
    expect(resolve([data, middle, last]).datasets[0]?.client?.source.namespace).toBe("owner");
  });

  it("takes the nodes that its cache's client may run on from the other dataset", () => {
    const picky = { ...data, runtime: { ...data.runtime, clientNodeSelector: { disk: "ssd" } } };
    expect(resolve([picky, ref], csi).datasets).toMatchObject([{ clientNodeSelector: { disk: "ssd" } }]);
  });

  it.each<[string, (set: FluidDataset) => FluidDataset[], string, string]>([
    [
      "that is not there",
      () => [],
      "dataset-not-found",
      "which does not exist: create it, or correct the mountPoint",
    ],
    [
      "that is not bound",
      (set) => [{ ...set, dataset: { ...set.dataset, phase: "NotBound" } }],
      "dataset-not-bound",
      "which is not bound yet",
    ],
    [
      "of an unknown type",
      (set) => [
        { ...set, dataset: { ...set.dataset, runtimes: [{ name: "data", namespace: "owner", type: "x" }] } },
      ],
      "runtime-not-supported",
      "whose runtime type x is not known",
    ],
    [
      "without its runtime",
      (set) => [{ ...set, runtime: { ...set.runtime, name: "other" } }],
      "runtime-not-found",
      "whose JuiceFSRuntime data does not exist",
    ],
  ])("to one %s is refused in sidecar mode, and left to the driver in csi mode", (_, broken, code, words) => {
    const sets = [...broken(data), ref];
    const finding = problemOf(sets);
    expect(finding.code).toBe(code);
    expect(finding.message).toContain(
      `claim team/ref belongs to Dataset team/ref, which refers to Dataset owner/data, ${words}`,
    );
    expect(finding.message.length).toBeLessThanOrEqual(200);
    expect(finding.restsOn?.map(describeRef)).toContain("Dataset owner/data");
    expect(resolve(sets, csi).datasets).toHaveLength(1);
  });

  it("is refused where a dataset beside it takes the names of the ConfigMaps that Fluid copies", () => {
    const namesake = fluidDataset("data", "juicefs", "team");
    const finding = problemOf([data, ref, namesake]);
    expect(finding.code).toBe("reference-name-clash");
    expect(finding.message).toContain(
      "needs ConfigMap data-fuse-script of owner/data, and Dataset team/data has one",
    );
    expect(finding.message.length).toBeLessThanOrEqual(200);
    const otherType = fluidDataset("data", "alluxio", "team");
    expect(resolve([data, ref, otherType]).datasets).toHaveLength(1);
  });

  it("whose volume leads elsewhere is refused", () => {
    const other = fluidDataset("other", "juicefs", "owner");
    const moved = { ...ref, dataset: { ...ref.dataset, mountPoints: ["dataset://owner/other"] } };
    const finding = problemOf([data, other, moved]);
    expect(finding.code).toBe("volume-of-other-dataset");
    expect(finding.message).toContain(
      "PersistentVolume team-ref of Dataset team/ref leads to Dataset owner/data, not to owner/other",
    );
  });

  it("that is none any more keeps no way to the other dataset", () => {
    const turned = { ...ref, dataset: { ...ref.dataset, mountPoints: ["s3://own"] } };
    expect(problemOf([data, turned]).code).toBe("volume-of-other-dataset");
  });

  it.each(["../secret", "/etc", "a/../../b"])("does not begin at %s", (subPath) => {
    expect(problemOf([data, referenceTo(data, "ref", "team", subPath)]).code).toBe("bad-sub-path");
  });

  it.each(["a b", "$(touch x)", "x;y", "'\"`", "a/b c/d"])(
    "may begin at %s, which stays a plain word",
    (subPath) => {
      expect(resolve([data, referenceTo(data, "ref", "team", subPath)]).datasets[0]?.subPath).toBe(subPath);
    },
  );
});

describe("references in a circle", () => {
  it("are refused by their names", () => {
    const a = { ...ref, dataset: { ...ref.dataset, mountPoints: ["dataset://owner/data"] } };
    const b = { ...data, dataset: { ...data.dataset, mountPoints: ["dataset://team/ref/x"] } };
    const finding = problemOf([a, b]);
    expect(finding.code).toBe("dataset-loop");
    expect(finding.message).toContain("team/ref -> owner/data -> team/ref");
  });

  it("of one dataset with itself are refused", () => {
    const self = { ...ref, dataset: { ...ref.dataset, mountPoints: ["dataset://team/ref"] } };
    expect(problemOf([self]).message).toContain("team/ref -> team/ref");
  });

  it("end also where the way is only too long", () => {
    const chain = Array.from({ length: 12 }, (_, at): FluidDataset => {
      const set = fluidDataset(at === 0 ? "ref" : `d${at}`, "thin", "team");
      return { ...set, dataset: { ...set.dataset, mountPoints: [`dataset://team/d${at + 1}`] } };
    });
    expect(problemOf(chain).code).toBe("dataset-loop");
  });
});

describe("the owner's consent", () => {
  const key = "sluice.io/referable-from";
  const refuse: ResolveOptions = { ...resolveOptions, references: { unlessStated: "refuse" } };

  it.each<[string | undefined, ResolveOptions, boolean]>([
    [undefined, resolveOptions, true],
    [undefined, refuse, false],
    ["*", refuse, true],
    ["other, team", refuse, true],
    ["other,team", resolveOptions, true],
    ["teams", resolveOptions, false],
    ["", resolveOptions, false],
    ["owner", resolveOptions, false],
  ])("%j", (stated, options, granted) => {
    const set = stated === undefined ? data : annotated(data, { [key]: stated });
    if (granted) expect(resolve([set, ref], options).datasets).toHaveLength(1);
    else {
      const finding = problemOf([set, ref], options);
      expect(finding.code).toBe("reference-not-permitted");
      expect(finding.message).toContain("owner does not permit namespace team: add it to the annotation");
      expect(finding.message).toContain(key);
    }
  });

  it("is not asked for in its own namespace", () => {
    const own = annotated(fluidDataset("data", "juicefs", "team"), { [key]: "" });
    expect(resolve([own, referenceTo(own, "ref", "team")], refuse).datasets).toHaveLength(1);
  });

  it("is needed from each on the way", () => {
    const middle = referenceTo(annotated(data, { [key]: "between" }), "middle", "between");
    const last = { ...referenceTo(middle, "ref", "team"), persistentVolume: ref.persistentVolume };
    expect(problemOf([annotated(data, { [key]: "between" }), middle, last]).code).toBe(
      "reference-not-permitted",
    );
  });

  it("is needed in csi mode as well, for the driver asks nobody", () => {
    expect(problemOf([annotated(data, { [key]: "" }), ref], csi).code).toBe("reference-not-permitted");
    expect(resolve([annotated(data, { [key]: "team" }), ref], csi).datasets).toHaveLength(1);
  });
});

describe("what the client needs in the reference's namespace", () => {
  const env: Container["env"] = [
    { name: "A", valueFrom: { secretKeyRef: { name: "jfs-secret", key: "a" } } },
    { name: "B", valueFrom: { secretKeyRef: { name: "jfs-secret", key: "b" } } },
    { name: "C", valueFrom: { configMapKeyRef: { name: "maybe", key: "c", optional: true } } },
    { name: "D", valueFrom: { secretKeyRef: { name: "Not a name", key: "d" } } },
    { name: "E", value: "plain" },
  ];
  const projected: Volume = {
    name: "projected",
    projected: {
      sources: [{ secret: { name: "token" } }, { configMap: { name: "ca" } }, { downwardAPI: {} }],
    },
  };
  const csiVolume: Volume = { name: "csi", csi: { driver: "d", nodePublishSecretRef: { name: "driver" } } };
  const needy = withClient(
    data,
    (container) => ({
      ...container,
      env,
      envFrom: [{ configMapRef: { name: "settings" } }, { secretRef: { name: "more", optional: true } }],
      volumeMounts: [
        ...(container.volumeMounts ?? []),
        { name: "projected", mountPath: "/p" },
        { name: "csi", mountPath: "/c" },
      ],
    }),
    [projected, csiVolume, { name: "unused", secret: { secretName: "unused" } }],
  );

  it("is named, but for what Fluid copies and what is optional", () => {
    expect(resolve([needy, ref]).datasets[0]?.missing).toEqual({
      from: "owner",
      objects: [
        { kind: "ConfigMap", name: "ca" },
        { kind: "ConfigMap", name: "settings" },
        { kind: "Secret", name: "driver" },
        { kind: "Secret", name: "jfs-secret" },
        { kind: "Secret", name: "token" },
      ],
      stated: [],
    });
  });

  it("is believed to be there where the annotation says so", () => {
    const all =
      "secret/driver,secret/jfs-secret, Secret/token,configmap/ca,ConfigMap/settings,configmap/other";
    const said = annotated(ref, { "sluice.io/client-objects": all });
    expect(resolve([needy, said]).datasets[0]).not.toHaveProperty("missing");
  });

  it("is missing as far as the annotation does not name it", () => {
    const said = annotated(ref, { "sluice.io/client-objects": "secret/driver,configmap/token,configmap/ca" });
    expect(resolve([needy, said]).datasets[0]?.missing).toMatchObject({
      objects: [{ name: "settings" }, { name: "jfs-secret" }, { name: "token" }],
      stated: ["secret/driver", "configmap/token", "configmap/ca"],
    });
  });

  it("is there for datasets of one namespace", () => {
    const near = { ...needy, ...fluidDataset("data", "juicefs", "team") };
    expect(resolve([near, referenceTo(near, "ref", "team")]).datasets[0]).not.toHaveProperty("missing");
  });
});

describe("several references to one dataset", () => {
  const one = writableDataset("data");
  const near = (name: string, subPath: string, accessModes = ["ReadWriteMany"]) => {
    const set = referenceTo(one, name, "team", subPath);
    return {
      ...set,
      claim: { ...set.claim, accessModes },
      persistentVolume: { ...set.persistentVolume, accessModes },
    };
  };

  it("share one client, each with its own sub path", () => {
    const { datasets } = resolve([one, near("a", "x"), near("b", "y")], resolveOptions, ["b", "a"]);
    expect(
      datasets.map(({ claim, subPath, sharesClientOf }) => [claim.name, subPath, sharesClientOf]),
    ).toEqual([
      ["a", "x", undefined],
      ["b", "y", "a"],
    ]);
    expect(datasets[1]?.client).toBe(datasets[0]?.client);
  });

  it("have it waited for at the end if one of them may write", () => {
    const sets = [one, near("a", "", ["ReadOnlyMany"]), near("b", "")];
    const { datasets } = resolve(sets, resolveOptions, ["a", "b"]);
    expect(datasets.map(({ client, readOnly }) => [client?.writesBack, readOnly])).toEqual([
      [true, true],
      [true, false],
    ]);
  });
});
