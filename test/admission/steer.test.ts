import type { NodeSelectorRequirement, Pod, PreferredSchedulingTerm } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { Mode } from "../../src/admission/decision.ts";
import { planSteering } from "../../src/admission/steer.ts";
import type { Steering, SteeringQuestion } from "../../src/admission/steering.ts";
import { stepsOf } from "../../src/admission/steps.ts";
import type { CacheTiers } from "../../src/cluster/plugin-profile.ts";
import { defaultConfig, parseConfig } from "../../src/config.ts";
import { preferNodes, requireNodes } from "../../src/pod/node-affinity.ts";
import type { DatasetVolume } from "../../src/types/dataset-volume.ts";
import { clusterOf } from "../support/cluster-of.ts";
import { datasetVolume } from "../support/dataset-volume.ts";

const zoneKey = "topology.kubernetes.io/zone";
const regionKey = "topology.kubernetes.io/region";

function isIn(key: string, ...values: string[]): NodeSelectorRequirement {
  return { key, operator: "In", values };
}

function prefer(weight: number, expression: NodeSelectorRequirement): PreferredSchedulingTerm {
  return { weight, preference: { matchExpressions: [expression] } };
}

const cacheOf = (name: string) => isIn(`fluid.io/s-default-${name}`, "true");
const clientOf = (name: string) => isIn(`fluid.io/f-default-${name}`, "true");
const zone = (...values: string[]) => isIn(zoneKey, ...values);
const region = (...values: string[]) => isIn(regionKey, ...values);

interface Shape {
  workers?: NodeSelectorRequirement[];
  clientNodes?: Record<string, string>;
  withoutNodeLabel?: string;
}

function dataset(
  name: string,
  { workers = [], clientNodes = {}, withoutNodeLabel }: Shape = {},
): DatasetVolume {
  return datasetVolume(name, {
    locality: {
      ...(withoutNodeLabel === undefined
        ? { nodeLabel: `fluid.io/s-default-${name}` }
        : { withoutNodeLabel }),
      clientNodeLabel: `fluid.io/f-default-${name}`,
      workerRequirements: workers,
    },
    clientNodeSelector: clientNodes,
  });
}

const jfsdemo = dataset("jfsdemo");
const alluxiodemo = dataset("alluxiodemo", { workers: [zone("zone-0")] });
const jindodemo = dataset("jindodemo", { workers: [zone("zone-1")] });
const thindemo = dataset("thindemo", { withoutNodeLabel: "thin has no workers", clientNodes: { fs: "s3" } });
const jfsfull = dataset("jfsfull", { workers: [zone("zone-0")], clientNodes: { disk: "ssd" } });
const alluxiofull = dataset("alluxiofull", {
  workers: [zone("zone-0", "zone-1"), region("region-0"), isIn("fuse", "yes")],
  clientNodes: { fuse: "yes" },
});

function podOf(spec: Partial<NonNullable<Pod["spec"]>> = {}): Pod {
  return { spec: { containers: [], ...spec } };
}

/** Four nodes, of which one carries whatever label with whatever value, but none of `keys`. */
function unlabelled(...keys: string[]): SteeringQuestion["nodes"] {
  const count = (key: string) => (keys.includes(key) ? 0 : 1);
  return { nodeCount: () => 4, nodesLabelled: count, nodesLabelledWith: count, someNode: () => true };
}

function platform(name: string): SteeringQuestion["platform"] {
  const found = defaultConfig.platforms.byName.get(name);
  if (found === undefined) throw new Error(`no platform ${name}`);
  return found;
}

/** A question, its steps told by what they rest on. */
interface Part extends Partial<Omit<SteeringQuestion, "datasets" | "steps">> {
  readonly mode?: Mode;
  readonly tiers?: CacheTiers;
}

function questionOf(
  datasets: DatasetVolume[],
  { mode = "csi", tiers, ...part }: Part = {},
): SteeringQuestion {
  const config = tiers === undefined ? defaultConfig : parseConfig({ cacheTiers: tiers });
  return {
    datasets,
    pod: podOf(),
    steps: stepsOf(mode, clusterOf({}), config),
    platform: platform("kubernetes"),
    choice: "preferred",
    requiredClaims: new Set(),
    weights: "fixed",
    nodes: unlabelled(),
    ...part,
  };
}

function plan(datasets: DatasetVolume[], part: Part = {}): Steering {
  return planSteering(questionOf(datasets, part));
}

function codes(steering: Steering): string[] {
  return steering.findings.map(({ code }) => code);
}

const fuseTiers = {
  preferred: [
    { name: "fluid.io/fuse", weight: 70 },
    { name: zoneKey, weight: 30 },
  ],
  required: ["fluid.io/node", "fluid.io/fuse", zoneKey, regionKey],
};

describe("a strong preference", () => {
  it.each(["csi", "sidecar"] as const)("spreads by the cache beside preferring it, in %s mode", (mode) => {
    const { preferred, spread, findings } = plan([jfsdemo], { mode, choice: "strong" });
    expect(preferred).toEqual([prefer(100, cacheOf("jfsdemo"))]);
    expect(spread?.map(({ topologyKey }) => topologyKey)).toEqual(["fluid.io/s-default-jfsdemo"]);
    expect(findings.map(({ code }) => code)).toEqual(["cache-preferred", "cache-before-spreading"]);
  });

  it("does so by no label that no node carries, and not where it is not chosen", () => {
    const nodes = unlabelled("fluid.io/s-default-jfsdemo");
    expect(plan([jfsdemo], { choice: "strong", nodes }).spread).toEqual([]);
    for (const choice of ["preferred", "required", "none"] as const)
      expect(plan([jfsdemo], { choice }).spread).toBeUndefined();
  });
});

describe("what a pod is steered by", () => {
  it.each<[string, DatasetVolume[], Part, PreferredSchedulingTerm[], NodeSelectorRequirement[]]>([
    ["the cache's nodes", [jfsdemo], {}, [prefer(100, cacheOf("jfsdemo"))], []],
    ["the same in sidecar mode", [jfsdemo], { mode: "sidecar" }, [prefer(100, cacheOf("jfsdemo"))], []],
    [
      "the tiers, the node first",
      [alluxiofull],
      { mode: "sidecar" },
      [
        prefer(100, cacheOf("alluxiofull")),
        prefer(50, zone("zone-0", "zone-1")),
        prefer(20, region("region-0")),
      ],
      [],
    ],
    [
      "the client's nodes in csi mode",
      [jfsfull],
      {},
      [prefer(100, cacheOf("jfsfull")), prefer(50, zone("zone-0"))],
      [isIn("disk", "ssd")],
    ],
    [
      "both clients' nodes, where Fluid takes either",
      [alluxiofull, jfsfull],
      {},
      [
        prefer(100, cacheOf("alluxiofull")),
        prefer(50, zone("zone-0", "zone-1")),
        prefer(20, region("region-0")),
        prefer(100, cacheOf("jfsfull")),
        prefer(50, zone("zone-0")),
      ],
      [isIn("fuse", "yes"), isIn("disk", "ssd")],
    ],
    [
      "the client's nodes sorted by key",
      [dataset("d", { clientNodes: { z: "1", a: "2" } })],
      { choice: "none" },
      [],
      [isIn("a", "2"), isIn("z", "1")],
    ],
    ["nothing of the client in sidecar mode", [thindemo], { mode: "sidecar" }, [], []],
    [
      "required nodes by Fluid's label",
      [alluxiodemo],
      { requiredClaims: new Set(["alluxiodemo"]) },
      [],
      [cacheOf("alluxiodemo")],
    ],
    ["required nodes by choice", [alluxiodemo], { choice: "required" }, [], [cacheOf("alluxiodemo")]],
    [
      "required nodes beside the client's",
      [alluxiofull],
      { choice: "required" },
      [],
      [isIn("fuse", "yes"), cacheOf("alluxiofull")],
    ],
    [
      "one required, one preferred",
      [jfsdemo, jindodemo],
      { requiredClaims: new Set(["jindodemo"]) },
      [prefer(100, cacheOf("jfsdemo"))],
      [cacheOf("jindodemo")],
    ],
    [
      "both required at once, where Fluid takes either",
      [jfsdemo, jindodemo],
      { choice: "required" },
      [],
      [cacheOf("jfsdemo"), cacheOf("jindodemo")],
    ],
    [
      "a label for another claim not at all",
      [jfsdemo],
      { requiredClaims: new Set(["other"]) },
      [prefer(100, cacheOf("jfsdemo"))],
      [],
    ],
    [
      "the client's nodes as a tier",
      [alluxiodemo],
      { tiers: fuseTiers },
      [prefer(70, clientOf("alluxiodemo")), prefer(30, zone("zone-0"))],
      [],
    ],
    [
      "every required tier at once, where Fluid takes any",
      [alluxiofull],
      { tiers: fuseTiers, choice: "required", mode: "sidecar" },
      [],
      [cacheOf("alluxiofull"), clientOf("alluxiofull"), zone("zone-0", "zone-1"), region("region-0")],
    ],
    [
      "the last weight of a name listed twice",
      [jfsdemo],
      {
        tiers: {
          preferred: [
            { name: "fluid.io/node", weight: 1 },
            { name: "fluid.io/node", weight: 9 },
          ],
          required: [],
        },
      },
      [prefer(9, cacheOf("jfsdemo"))],
      [],
    ],
    [
      "the tiers of a cache that labels no nodes",
      [dataset("ref", { withoutNodeLabel: "a reference", workers: [zone("zone-0")] })],
      {},
      [prefer(50, zone("zone-0"))],
      [],
    ],
    [
      "a tier that two datasets share once, with both weights",
      [alluxiodemo, jfsfull],
      { mode: "sidecar" },
      [prefer(100, cacheOf("alluxiodemo")), prefer(100, zone("zone-0")), prefer(100, cacheOf("jfsfull"))],
      [],
    ],
    [
      "a required tier that two datasets share once",
      [alluxiodemo, jfsfull],
      { mode: "sidecar", choice: "required", tiers: { preferred: [], required: [zoneKey] } },
      [],
      [zone("zone-0")],
    ],
    [
      "a worker requirement as it stands",
      [
        dataset("d", {
          withoutNodeLabel: "-",
          workers: [
            { key: zoneKey, operator: "NotIn", values: ["x"] },
            { key: zoneKey, operator: "Exists" },
          ],
        }),
      ],
      { nodes: unlabelled(zoneKey) },
      [prefer(50, { key: zoneKey, operator: "NotIn", values: ["x"] })],
      [],
    ],
    ["nothing without a dataset", [], {}, [], []],
  ])("%s", (_name, datasets, part, preferred, required) => {
    const steering = plan(datasets, part);
    expect({ preferred: steering.preferred, required: steering.required }).toEqual({ preferred, required });
    expect(steering.findings.length === 0).toBe(datasets.length === 0);
  });
});

describe("what a pod is not steered by", () => {
  const preferringZone = {
    nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [prefer(1, zone("b"))] },
  };
  const requiringZone = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{}, { matchExpressions: [isIn("a", "b"), zone("b")] }],
      },
    },
  };

  it.each<[string, Part, RegExp]>([
    ["names its node", { pod: podOf({ nodeName: "node-7" }) }, /node-7/],
    ["goes where affinity is ignored", { platform: platform("eci") }, /no effect on platform eci/],
  ])("neither caches nor clients when the pod %s", (_name, part, why) => {
    const steering = plan([jfsfull, jfsdemo], part);
    expect(steering).toEqual({
      preferred: [],
      required: [],
      findings: [{ code: "cache-not-steered", message: expect.stringMatching(why) }],
    });
  });

  it.each<[string, Part, RegExp]>([
    ["wants none", { choice: "none" }, /none/],
    [
      "wants none, whatever Fluid's label says",
      { choice: "none", requiredClaims: new Set(["jfsfull"]) },
      /none/,
    ],
    ["selects a zone", { pod: podOf({ nodeSelector: { [zoneKey]: "b" } }) }, /zone \(nodeSelector\)/],
    [
      "selects a zone and has an affinity without a required part",
      {
        pod: podOf({
          nodeSelector: { [zoneKey]: "b" },
          affinity: {
            nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [prefer(1, isIn("a", "b"))] },
          },
        }),
      },
      /nodeSelector/,
    ],
    ["prefers a zone", { pod: podOf({ affinity: preferringZone }) }, /zone \(preferred node affinity\)/],
    ["requires a zone", { pod: podOf({ affinity: requiringZone }) }, /zone \(required node affinity\)/],
    [
      "requires a zone although the cache is required",
      { pod: podOf({ affinity: requiringZone }), choice: "required" },
      /zone/,
    ],
    [
      "has a client that selects a required tier",
      { tiers: { preferred: [], required: ["disk"] } },
      /disk \(its client's node selector\)/,
    ],
  ])("caches, but clients, when the pod %s", (_name, part, why) => {
    const steering = plan([jfsfull, jfsdemo], part);
    expect(steering.preferred).toEqual([]);
    expect(steering.required).toEqual([isIn("disk", "ssd")]);
    expect(steering.findings).toEqual([
      expect.objectContaining({ code: "client-nodes-required" }),
      { code: "cache-not-steered", message: expect.stringMatching(why) },
    ]);
  });

  it.each([
    [
      "a field of that name",
      {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 1, preference: { matchFields: [zone("b")] } },
        ],
      },
    ],
    ["another label", { preferredDuringSchedulingIgnoredDuringExecution: [prefer(1, isIn("rack", "b"))] }],
    ["an empty affinity", {}],
  ])("not kept from the cache by %s", (_name, nodeAffinity) => {
    expect(plan([jfsdemo], { pod: podOf({ affinity: { nodeAffinity } }) }).preferred).toHaveLength(1);
  });
});

describe("labels that no node carries", () => {
  const cacheKey = "fluid.io/s-default-alluxiodemo";

  it("are not preferred, which is told", () => {
    const steering = plan([alluxiodemo], { nodes: unlabelled(cacheKey) });
    expect(steering.preferred).toEqual([prefer(50, zone("zone-0"))]);
    expect(codes(steering)).toEqual(["cache-preferred", "cache-not-steered"]);
    expect(steering.findings[1]?.message).toMatch(
      /default\/alluxiodemo.*no node carries.*s-default-alluxiodemo/,
    );
  });

  it("are preferred all the same where no node is known", () => {
    const steering = plan([alluxiodemo], { nodes: clusterOf({}) });
    expect(steering.preferred).toHaveLength(2);
    expect(codes(steering)).toEqual(["cache-preferred"]);
  });

  it("are required if so chosen, with a warning and its remedy", () => {
    const steering = plan([alluxiodemo], { nodes: unlabelled(cacheKey), choice: "required" });
    expect(steering.required).toEqual([cacheOf("alluxiodemo")]);
    expect(codes(steering)).toEqual(["cache-required", "cache-required-unlabelled"]);
    expect(steering.findings[1]?.message).toMatch(/no node carries.*pending.*cache-affinity: preferred/);
  });

  it("are required for the client, with a warning", () => {
    const steering = plan([jfsfull], { nodes: unlabelled("disk"), choice: "none" });
    expect(steering.required).toEqual([isIn("disk", "ssd")]);
    expect(codes(steering)).toEqual([
      "client-nodes-required",
      "client-nodes-unlabelled",
      "cache-not-steered",
    ]);
  });
});

describe("values that no node carries", () => {
  const node = (name: string, labels: Record<string, string>) => ({
    name,
    labels,
    taints: [],
    kubeletVersion: "",
  });
  const nodes = clusterOf({
    nodes: [node("a", { [zoneKey]: "zone-1", size: "9" }), node("b", { [zoneKey]: "zone-2" })],
  });
  const byZone = (requirement: NodeSelectorRequirement) =>
    plan([dataset("d", { withoutNodeLabel: "-", workers: [requirement] })], { nodes }).preferred.length;

  it.each<[string, NodeSelectorRequirement, number]>([
    ["one of the values", zone("zone-0", "zone-2"), 1],
    ["none of the values", zone("zone-0", "zone-9"), 0],
    ["not the value", { key: zoneKey, operator: "NotIn", values: ["zone-1"] }, 1],
    ["all the values", { key: zoneKey, operator: "NotIn", values: ["zone-1", "zone-2"] }, 0],
    ["the label", { key: zoneKey, operator: "Exists" }, 1],
    ["no node without the label", { key: zoneKey, operator: "DoesNotExist" }, 0],
  ])("decide whether a term is added: %s", (_, requirement, terms) => {
    expect(byZone(requirement)).toBe(terms);
  });

  it("are warned about where they are required", () => {
    const tiers = { preferred: [], required: [zoneKey] };
    const steering = plan([alluxiodemo], { nodes, tiers, choice: "required" });
    expect(steering.required).toEqual([zone("zone-0")]);
    expect(codes(steering)).toEqual(["cache-required", "cache-required-unlabelled"]);
    expect(steering.findings[1]?.message).toMatch(/no node carries topology\.kubernetes\.io\/zone=zone-0/);
  });
});

describe("what is told", () => {
  it("names dataset, label and weight, and the pod's volume", () => {
    const volumes = [
      { name: "tmp", emptyDir: {} },
      { name: "data", persistentVolumeClaim: { claimName: "alluxiodemo" } },
    ];
    expect(plan([alluxiodemo], { pod: podOf({ volumes }) }).findings).toEqual([
      {
        code: "cache-preferred",
        volume: "data",
        message:
          "Dataset default/alluxiodemo: prefers nodes with fluid.io/s-default-alluxiodemo=true (weight 100), topology.kubernetes.io/zone=zone-0 (weight 50)",
      },
    ]);
  });

  it.each<[string, DatasetVolume, Part, string[], RegExp]>([
    [
      "why there is no node label",
      thindemo,
      { mode: "sidecar" },
      ["cache-not-steered"],
      /thin has no workers/,
    ],
    [
      "that a cache cannot be required",
      thindemo,
      { choice: "required", mode: "sidecar" },
      ["cache-not-required"],
      /thin has no workers.*list a label/,
    ],
    [
      "that no preferred tier applies",
      jfsdemo,
      { tiers: { preferred: [], required: [] } },
      ["cache-not-steered"],
      /no preferred tier/,
    ],
    [
      "that no required tier applies",
      jfsdemo,
      { tiers: { preferred: [], required: [] }, choice: "required" },
      ["cache-not-required"],
      /no required tier/,
    ],
    [
      "that a tier stands in for the node label",
      dataset("ref", { withoutNodeLabel: "a reference", workers: [zone("a")] }),
      { choice: "required", tiers: { preferred: [], required: ["fluid.io/node", zoneKey] } },
      ["cache-required", "cache-not-steered"],
      /a reference/,
    ],
    [
      "operators other than In",
      dataset("d", {
        withoutNodeLabel: "-",
        workers: [
          { key: zoneKey, operator: "Exists" },
          { key: regionKey, operator: "NotIn", values: ["x", "y"] },
        ],
      }),
      {},
      ["cache-preferred", "cache-not-steered"],
      /zone Exists \(weight 50\), .*region NotIn \(x, y\)/,
    ],
  ])("says %s", (_name, of, part, expected, message) => {
    const steering = plan([of], part);
    expect(codes(steering)).toEqual(expected);
    expect(steering.findings.map((finding) => finding.message).join("\n")).toMatch(message);
  });
});

describe("a second call", () => {
  const datasets = [alluxiofull, jfsfull];

  function apply(pod: Pod, { preferred, required }: Steering): Pod {
    const nodeAffinity = preferNodes(requireNodes(pod.spec?.affinity?.nodeAffinity, required), preferred);
    return nodeAffinity === undefined ? pod : podOf({ ...pod.spec, affinity: { nodeAffinity } });
  }

  it.each<[string, Part]>([
    ["csi mode", {}],
    ["sidecar mode", { mode: "sidecar" }],
    ["required caches", { choice: "required", tiers: fuseTiers }],
    ["one required cache", { requiredClaims: new Set(["jfsfull"]), tiers: fuseTiers }],
    ["a client's tier", { tiers: { preferred: [{ name: "disk", weight: 5 }], required: [] } }],
    [
      "terms of the user's own",
      {
        pod: podOf({
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{}, { matchExpressions: [isIn("a", "b")] }],
              },
            },
          },
        }),
      },
    ],
  ])("adds nothing and says the same: %s", (_name, part) => {
    const first = plan(datasets, part);
    const once = apply(part.pod ?? podOf(), first);
    const second = plan(datasets, { ...part, pod: once });
    expect(apply(once, second).spec?.affinity).toEqual(once.spec?.affinity);
    expect(second.findings).toEqual(first.findings);
  });
});
