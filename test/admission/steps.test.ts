import type { Pod, PreferredSchedulingTerm } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { stepsOf } from "../../src/admission/steps.ts";
import type { Dataset, PluginProfile } from "../../src/cluster/cluster-view.ts";
import { projectPluginProfile } from "../../src/cluster/projections.ts";
import { defaultConfig } from "../../src/config.ts";
import { clusterOf } from "../support/cluster-of.ts";
import { codesOf, decidePod, optedInCluster, podWith } from "../support/decide-pod.ts";
import { fluidDataset, objectsOf } from "../support/fluid-dataset.ts";

const place = { namespace: "fluid-system", name: "webhook-plugins" };

interface ProfileParts {
  readonly serverful?: string;
  readonly serverless?: string;
  readonly args?: string;
}

function profileOf({ serverful = "{}", serverless = "{}", args = "" }: ProfileParts): PluginProfile {
  const pluginsProfile = [
    `plugins: {serverful: ${serverful}, serverless: ${serverless}}`,
    `pluginConfig: [{name: NodeAffinityWithCache, args: ${JSON.stringify(args)}}]`,
  ].join("\n");
  const profile = projectPluginProfile({ data: { pluginsProfile } }, place);
  expect(profile.problems).toEqual([]);
  return profile;
}

const data = fluidDataset("data");
const pinned = {
  ...data,
  runtime: {
    ...data.runtime,
    clientNodeSelector: { disk: "ssd" },
    workerRequirements: [{ key: "rack", operator: "In", values: ["r1"] }],
  },
};

function labelled(pod: Pod, labels: Record<string, string>): Pod {
  return { ...pod, metadata: { ...pod.metadata, labels } };
}

function decideBy(parts: ProfileParts, mode: "csi" | "sidecar") {
  return decidePod(podWith(["data"]), optedInCluster([pinned], { pluginProfile: profileOf(parts) }), {
    mode,
  });
}

function preferredOf(pod: Pod): readonly PreferredSchedulingTerm[] {
  return pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
}

/** "key weight" for each preference. */
function preferences(pod: Pod): string[] {
  return preferredOf(pod).map(
    ({ weight, preference }) => `${preference.matchExpressions?.[0]?.key} ${weight}`,
  );
}

describe("the steps", () => {
  it("are Fluid's usual ones without a profile, and the configuration's tiers count", () => {
    const csi = stepsOf("csi", clusterOf({}), defaultConfig);
    expect([...csi.withDataset].sort()).toEqual([
      "DatasetUsageInjector",
      "FilePrefetcher",
      "MountPropagationInjector",
      "NodeAffinityWithCache",
      "RequireNodeWithFuse",
    ]);
    expect(csi.withoutDataset).toEqual(["PreferNodesWithoutCache"]);
    expect(csi.tiers).toBe(defaultConfig.cacheTiers);
    const sidecar = stepsOf("sidecar", clusterOf({}), defaultConfig);
    expect(sidecar.withDataset).toContain("FuseSidecar");
    expect(sidecar.withDataset).not.toContain("RequireNodeWithFuse");
    expect(sidecar.withoutDataset).toEqual([]);
  });

  it("are the profile's where it is at the configured place, and sidecars are led to the cache all the same", () => {
    const pluginProfile = profileOf({
      serverful: "{withDataset: [DatasetUsageInjector]}",
      serverless: "{withDataset: [FuseSidecar], withoutDataset: [PreferNodesWithoutCache]}",
      args: "required: [rack]",
    });
    const cluster = clusterOf({ pluginProfile });
    expect(stepsOf("csi", cluster, defaultConfig)).toEqual({
      withDataset: ["DatasetUsageInjector"],
      withoutDataset: [],
      tiers: { preferred: [], required: ["rack"] },
      by: "the plugin profile fluid-system/webhook-plugins",
    });
    expect(stepsOf("sidecar", cluster, defaultConfig)).toMatchObject({
      withDataset: ["FuseSidecar", "NodeAffinityWithCache"],
      withoutDataset: ["PreferNodesWithoutCache"],
    });
    const elsewhere = { ...defaultConfig, pluginProfile: { ...place, name: "mine" } };
    expect(stepsOf("csi", cluster, elsewhere).withDataset).toHaveLength(5);
  });

  it("are the usual ones beside a profile that never was readable", () => {
    const pluginProfile = { ...place, problems: ["bad"] };
    expect(stepsOf("csi", clusterOf({ pluginProfile }), defaultConfig).withDataset).toHaveLength(5);
  });
});

describe("in csi mode a pod gets what the profile lists, and nothing else:", () => {
  it("MountPropagationInjector", () => {
    const { pod } = decideBy({ serverful: "{withDataset: [MountPropagationInjector]}" }, "csi");
    expect(pod.spec?.containers[0]?.volumeMounts?.[0]?.mountPropagation).toBe("HostToContainer");
    expect(pod.metadata?.annotations).toBeUndefined();
    expect(pod.spec?.affinity).toBeUndefined();
  });

  it("DatasetUsageInjector", () => {
    const { pod } = decideBy({ serverful: "{withDataset: [DatasetUsageInjector]}" }, "csi");
    expect(pod.metadata?.annotations).toEqual({ "fluid.io/datasets-in-use": "data" });
    expect(pod.spec).toEqual(podWith(["data"]).spec);
  });

  it("RequireNodeWithFuse", () => {
    const decision = decideBy({ serverful: "{withDataset: [RequireNodeWithFuse]}" }, "csi");
    expect(decision.pod.spec?.affinity).toEqual({
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] }],
        },
      },
    });
    expect(decision.findings.find(({ code }) => code === "cache-not-steered")?.message).toContain(
      "the plugin profile fluid-system/webhook-plugins does not list NodeAffinityWithCache",
    );
  });

  it("NodeAffinityWithCache, by its arguments", () => {
    const args = "preferred: [{name: fluid.io/node, weight: 30}, {name: rack, weight: 7}]";
    const decision = decideBy({ serverful: "{withDataset: [NodeAffinityWithCache]}", args }, "csi");
    expect(preferences(decision.pod)).toEqual(["fluid.io/s-default-data 30", "rack 7"]);
    const none = decideBy({ serverful: "{withDataset: [NodeAffinityWithCache]}" }, "csi");
    expect(none.verdict).toBe("unchanged");
    expect(none.findings.find(({ code }) => code === "cache-not-steered")?.message).toContain(
      "no preferred tier of the plugin profile fluid-system/webhook-plugins applies",
    );
  });

  it("an empty list", () => {
    expect(decideBy({}, "csi")).toMatchObject({ verdict: "unchanged", edits: [] });
  });
});

describe("in sidecar mode", () => {
  const args = "preferred: [{name: fluid.io/node, weight: 30}]";

  it("clients are put in and led to the cache by the profile's tiers", () => {
    const decision = decideBy(
      { serverless: "{withDataset: [FuseSidecar, DatasetUsageInjector]}", args },
      "sidecar",
    );
    expect(decision.verdict).toBe("injected");
    expect(preferences(decision.pod)).toEqual(["fluid.io/s-default-data 30"]);
    expect(decision.pod.metadata?.annotations).toHaveProperty(["fluid.io/datasets-in-use"], "data");
  });

  it("the usage is not told where the profile leaves DatasetUsageInjector out", () => {
    const { pod } = decideBy({ serverless: "{withDataset: [FuseSidecar]}", args }, "sidecar");
    expect(pod.metadata?.annotations).not.toHaveProperty(["fluid.io/datasets-in-use"]);
    expect(pod.metadata?.annotations).toHaveProperty(["sluice.io/status"]);
  });

  it("clients' nodes are required where the profile lists RequireNodeWithFuse", () => {
    const { pod } = decideBy({ serverless: "{withDataset: [FuseSidecar, RequireNodeWithFuse]}" }, "sidecar");
    expect(JSON.stringify(pod.spec?.affinity)).toContain('"disk"');
  });

  it("no client is put in where the profile lists no FuseSidecar and Fluid's label asks for it, with a warning", () => {
    const pluginProfile = profileOf({ serverless: "{withDataset: [DatasetUsageInjector]}", args });
    const asking = labelled(podWith(["data"]), { "serverless.fluid.io/inject": "true" });
    const decision = decidePod(asking, clusterOf({ ...objectsOf(pinned), pluginProfile }));
    expect(decision).toMatchObject({ verdict: "injected", mode: "csi" });
    expect(decision.pod.spec?.volumes).toEqual(podWith(["data"]).spec?.volumes);
    expect(decision.pod.spec?.initContainers).toBeUndefined();
    expect(decision.findings[0]).toMatchObject({
      code: "clients-left-out",
      message: expect.stringMatching(/lists no FuseSidecar under serverless\.withDataset: list it/),
    });
    expect(preferences(decision.pod)).toEqual(["fluid.io/s-default-data 30"]);
  });
});

it("clients are put in whatever the profile lists where Sluice's own labels ask for them", () => {
  const decision = decideBy({ serverless: "{withDataset: []}" }, "sidecar");
  expect(decision).toMatchObject({ verdict: "injected", mode: "sidecar" });
  expect(codesOf(decision)).not.toContain("clients-left-out");
});

describe("a pod that asks by a label of Fluid's and has no dataset", () => {
  const serverful = { "fuse.serverful.fluid.io/inject": "true" };
  const cluster = clusterOf({});
  const term = {
    weight: 100,
    preference: { matchExpressions: [{ key: "fluid.io/dataset-num", operator: "DoesNotExist" }] },
  };
  const pod = labelled(podWith([]), serverful);

  it("is kept off cache nodes, and not a second time", () => {
    const decision = decidePod(pod, cluster);
    expect(decision).toMatchObject({ verdict: "injected", mode: "csi" });
    expect(preferredOf(decision.pod)).toEqual([term]);
    expect(codesOf(decision)).toEqual(["opted-in", "no-dataset", "cache-avoided"]);
    expect(decision.pod.metadata).toEqual(pod.metadata);
    const again = decidePod(decision.pod, cluster);
    expect(again).toMatchObject({ verdict: "unchanged", edits: [] });
  });

  it("keeps what it prefers itself", () => {
    const own = { weight: 1, preference: { matchExpressions: [{ key: "gpu", operator: "Exists" }] } };
    const affinity = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [own] } };
    const decision = decidePod(labelled(podWith([], { affinity }), serverful), cluster);
    expect(preferredOf(decision.pod)).toEqual([own, term]);
  });

  it("is kept off them although it mounts a claim, as long as that is no dataset's", () => {
    const claim = { ...data.claim, name: "own", labels: {} };
    const plain = clusterOf({ claims: [claim] });
    const mounting = labelled(podWith(["own"]), serverful);
    expect(preferredOf(decidePod(mounting, plain).pod)).toEqual([term]);
    expect(preferredOf(decidePod(mounting, cluster).pod)).toEqual([]);
  });

  it.each<[string, Pod]>([
    ["names its node", labelled(podWith([], { nodeName: "n1" }), serverful)],
    [
      "wants no affinity",
      {
        ...pod,
        metadata: { ...pod.metadata, labels: serverful, annotations: { "sluice.io/cache-affinity": "none" } },
      },
    ],
    [
      "says that it was injected",
      labelled(podWith([]), { ...serverful, "done.sidecar.fluid.io/inject": "true" }),
    ],
    ["asks for sidecars", labelled(podWith([]), { "serverless.fluid.io/inject": "true" })],
    ["asks by another way in", labelled(podWith([]), { "sluice.io/inject": "true" })],
  ])("is left alone when it %s", (_, asking) => {
    expect(decidePod(asking, cluster)).toMatchObject({ verdict: "unchanged", edits: [] });
  });

  it("is left alone where every node holds a cache, which is told, and not where some hold none", () => {
    const node = (name: string, labels: Record<string, string>) => ({
      name,
      labels,
      taints: [],
      kubeletVersion: "",
    });
    const cached = node("a", { "fluid.io/dataset-num": "1" });
    const full = decidePod(pod, clusterOf({ nodes: [cached] }));
    expect(full.verdict).toBe("unchanged");
    expect(full.findings.find(({ code }) => code === "cache-not-steered")?.message).toContain(
      "every node carries",
    );
    expect(decidePod(pod, clusterOf({ nodes: [cached, node("b", {})] })).verdict).toBe("injected");
  });

  it("is left alone, or kept off in sidecar mode as well, where the profile says so", () => {
    const without = clusterOf({ pluginProfile: profileOf({}) });
    expect(decidePod(pod, without)).toMatchObject({ verdict: "unchanged", edits: [] });
    const pluginProfile = profileOf({ serverless: "{withoutDataset: [PreferNodesWithoutCache]}" });
    const serverless = labelled(podWith([]), { "serverless.fluid.io/inject": "true" });
    expect(preferredOf(decidePod(serverless, clusterOf({ pluginProfile })).pod)).toEqual([term]);
  });
});

describe("weights by what is cached", () => {
  function weightsOf(cacheWeights: "fixed" | "cached", ...parts: (number | undefined)[]) {
    const sets = parts.map((part, index) => {
      const set = fluidDataset(`d${index}`);
      const dataset: Dataset = part === undefined ? set.dataset : { ...set.dataset, cachedPart: part };
      const zone = { key: "topology.kubernetes.io/zone", operator: "In", values: ["a"] };
      return { ...set, dataset, runtime: { ...set.runtime, workerRequirements: [zone] } };
    });
    const pod = podWith(sets.map(({ dataset }) => dataset.name));
    return decidePod(pod, optedInCluster(sets), { mode: "csi", cacheWeights });
  }

  it.each<["fixed" | "cached", (number | undefined)[], string[]]>([
    [
      "fixed",
      [0.1, 0.9],
      ["fluid.io/s-default-d0 100", "topology.kubernetes.io/zone 100", "fluid.io/s-default-d1 100"],
    ],
    [
      "cached",
      [0.1, 0.9],
      ["fluid.io/s-default-d0 10", "topology.kubernetes.io/zone 50", "fluid.io/s-default-d1 90"],
    ],
    ["cached", [0], ["fluid.io/s-default-d0 1", "topology.kubernetes.io/zone 1"]],
    ["cached", [1], ["fluid.io/s-default-d0 100", "topology.kubernetes.io/zone 50"]],
    ["cached", [undefined], ["fluid.io/s-default-d0 100", "topology.kubernetes.io/zone 50"]],
  ])("%s, of %j: %j", (choice, parts, expected) => {
    expect(preferences(weightsOf(choice, ...parts).pod)).toEqual(expected);
  });

  it("say how much is cached, and stay what they were on a second call, whatever is cached by then", () => {
    const first = weightsOf("cached", 0.25);
    expect(first.findings.find(({ code }) => code === "cache-preferred")?.message).toMatch(
      /\(weight 25\), .*\(weight 13\), for 25 % of it is cached$/,
    );
    const set = fluidDataset("d0");
    const later = optedInCluster([{ ...set, dataset: { ...set.dataset, cachedPart: 0.5 } }]);
    expect(decidePod(first.pod, later, { mode: "csi", cacheWeights: "cached" }).edits).toEqual([]);
  });
});
