import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { ClusterView } from "../../src/cluster/cluster-view.ts";
import { type Config, defaultConfig, parseConfig } from "../../src/config.ts";
import { codesOf, decidePod, optedInCluster, podWith } from "../support/decide-pod.ts";
import { fluidDataset } from "../support/fluid-dataset.ts";

const controllers = { ...defaultConfig.controllers, enabled: true };

function cluster(cachedPart?: number, minor = 33): ClusterView {
  const data = fluidDataset("data");
  const dataset = { ...data.dataset, ...(cachedPart === undefined ? {} : { cachedPart }) };
  return optedInCluster([{ ...data, dataset }, fluidDataset("models")], {
    serverVersion: { major: 1, minor },
  });
}

function decideWaiting(
  annotations: Readonly<Record<string, string>>,
  {
    config = { controllers },
    spec = {},
    labels = {},
    view = cluster(),
  }: {
    config?: Partial<Config>;
    spec?: Pod["spec"] | object;
    labels?: Record<string, string>;
    view?: ClusterView;
  } = {},
) {
  const pod = podWith(["data", "models"], spec);
  return decidePod({ ...pod, metadata: { ...pod.metadata, annotations, labels } }, view, config);
}

const asked = { "sluice.io/wait-for-cache": "80%" };
const gatesOf = (pod: Pod) => pod.spec?.schedulingGates ?? [];
const waitIn = (pod: Pod) => JSON.parse(pod.metadata?.annotations?.["sluice.io/cache-wait"] ?? "null");

describe("a pod that asks to wait for its cache", () => {
  it("is gated, labelled, and says what it waits for", () => {
    const decision = decideWaiting(asked);
    expect(gatesOf(decision.pod)).toEqual([{ name: "sluice.io/cache" }]);
    expect(decision.pod.metadata?.labels).toMatchObject({ "sluice.io/needs-controllers": "true" });
    expect(waitIn(decision.pod)).toEqual({
      share: 80,
      limitSeconds: 1_800,
      otherwise: "start",
      datasets: ["default/data", "default/models"],
    });
    const told = decision.findings.find(({ code }) => code === "waits-for-cache");
    expect(told?.message).toBe(
      "the pod waits until Dataset default/data, default/models is cached to 80%; 1800 s after its creation it starts all the same",
    );
  });

  it.each([
    [{ "sluice.io/wait-for-cache": "data-load" }, { limitSeconds: 1_800, otherwise: "start" }],
    [
      { ...asked, "sluice.io/wait-for-cache-limit": "90s" },
      { share: 80, limitSeconds: 90, otherwise: "start" },
    ],
    [
      { ...asked, "sluice.io/wait-for-cache-limit": "2h" },
      { share: 80, limitSeconds: 7_200, otherwise: "start" },
    ],
    [
      { ...asked, "sluice.io/wait-for-cache-else": "fail" },
      { share: 80, limitSeconds: 1_800, otherwise: "fail" },
    ],
  ])("%j", (annotations, expected) => {
    const datasets = ["default/data", "default/models"];
    expect(waitIn(decideWaiting(annotations).pod)).toEqual({ ...expected, datasets });
  });

  it("waits for as long as the configuration says where it says nothing itself", () => {
    const config = { controllers: { ...controllers, cacheWaitLimit: 120_000 } };
    expect(waitIn(decideWaiting(asked, { config }).pod)).toMatchObject({ limitSeconds: 120 });
  });

  it("is gated in csi mode too", () => {
    const decision = decideWaiting({ ...asked, "sluice.io/mode": "csi" });
    expect([decision.mode, gatesOf(decision.pod)]).toEqual(["csi", [{ name: "sluice.io/cache" }]]);
  });

  it("is left as it is at a second call", () => {
    const first = decideWaiting(asked).pod;
    const again = decidePod(first, cluster(), { controllers });
    expect([again.verdict, gatesOf(again.pod)]).toEqual(["unchanged", [{ name: "sluice.io/cache" }]]);
  });

  it("need not wait where the cache is warm enough already", () => {
    const view = optedInCluster(
      ["data", "models"].map((name) => {
        const made = fluidDataset(name);
        return { ...made, dataset: { ...made.dataset, cachedPart: 0.8 } };
      }),
    );
    const decision = decideWaiting(asked, { view });
    expect(gatesOf(decision.pod)).toEqual([]);
    expect(codesOf(decision)).toContain("waits-for-cache");
    // One of two is not enough.
    expect(gatesOf(decideWaiting(asked, { view: cluster(0.8) }).pod)).toHaveLength(1);
  });

  it("does not wait unless it asks for it", () => {
    const decision = decideWaiting({});
    expect([decision.verdict, gatesOf(decision.pod), waitIn(decision.pod)]).toEqual(["injected", [], null]);
  });
});

describe("a pod that cannot wait goes on and is told so", () => {
  it.each([
    ["no controllers", { config: {} }, "install Sluice's controllers"],
    ["a node is named", { spec: { nodeName: "node-1" } }, "spec.nodeName places it on node-1"],
    ["an old API server", { view: cluster(undefined, 26) }, "knows no scheduling gates before 1.27"],
    ["a platform of its own", { labels: { "alibabacloud.com/eci": "true" } }, "platform eci takes pods past"],
    [
      "a platform of which it is not known",
      { labels: { "alibabacloud.com/acs": "true" } },
      "platform acs may take pods past the cluster's scheduler, which alone heeds a gate: load the dataset before the pod is created, or say platforms.acs.scheduler: cluster",
    ],
  ])("%s", (_words, options, message) => {
    const decision = decideWaiting(asked, options);
    expect([decision.verdict, gatesOf(decision.pod)]).toEqual(["injected", []]);
    const told = decision.findings.find(({ code }) => code === "cache-wait-ignored");
    expect(told?.message).toContain(message);
  });
});

it("waits on virtual nodes, too, where the record says that the cluster's scheduler places it", () => {
  const config = { ...parseConfig({ platforms: { acs: { scheduler: "cluster" } } }), controllers };
  const told = { labels: { "alibabacloud.com/acs": "true" }, config };
  expect(gatesOf(decideWaiting(asked, told).pod)).toHaveLength(1);
  const vci = { labels: { "vke.volcengine.com/burst-to-vci": "enforce" } };
  expect(gatesOf(decideWaiting(asked, vci).pod)).toHaveLength(1);
});

it.each([
  [
    { "sluice.io/wait-for-cache": "80" },
    'sluice.io/wait-for-cache="80" (use a share from 1% to 100%, or data-load)',
  ],
  [{ "sluice.io/wait-for-cache": "0%" }, "use a share from 1% to 100%"],
  [{ "sluice.io/wait-for-cache": "101%" }, "use a share from 1% to 100%"],
  [{ "sluice.io/wait-for-cache": "" }, "use a share from 1% to 100%"],
  [
    { ...asked, "sluice.io/wait-for-cache-limit": "soon" },
    'sluice.io/wait-for-cache-limit="soon" (use a length of time',
  ],
  [{ ...asked, "sluice.io/wait-for-cache-limit": "0s" }, "use a length of time"],
  [
    { ...asked, "sluice.io/wait-for-cache-else": "die" },
    'sluice.io/wait-for-cache-else="die" (use start, fail)',
  ],
  [
    { "sluice.io/wait-for-cache-limit": "1h" },
    "sluice.io/wait-for-cache-limit without sluice.io/wait-for-cache",
  ],
  [
    { "sluice.io/wait-for-cache-else": "fail" },
    "sluice.io/wait-for-cache-else without sluice.io/wait-for-cache",
  ],
])("refuses %j", (annotations, message) => {
  const decision = decideWaiting(annotations);
  expect(decision.verdict).toBe("rejected");
  expect(decision.findings.find(({ code }) => code === "bad-value")?.message).toContain(message);
});
