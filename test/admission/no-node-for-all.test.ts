import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import type { Node } from "../../src/cluster/cluster-view.ts";
import { type ClusterObjects, clusterOf } from "../support/cluster-of.ts";
import { codesOf, decidePod, podWith } from "../support/decide-pod.ts";
import { fluidDataset, objectsOf } from "../support/fluid-dataset.ts";

const cacheOf = (name: string) => ({ [`fluid.io/s-default-${name}`]: "true" });
const node = (name: string, labels: Record<string, string>, taints: Node["taints"] = []): Node => ({
  name,
  labels,
  taints,
  kubeletVersion: "v1.33.0",
});
const dedicated = [{ key: "dedicated", value: "gpu", effect: "NoSchedule" }];

function decideOn(
  nodes: readonly Node[],
  claims: readonly string[],
  spec: Pod["spec"] | object = {},
  mode = "sidecar",
) {
  const datasets = [fluidDataset("one"), fluidDataset("two")];
  const namespaces = [{ name: "default", labels: { "sluice.io/injection": "enabled" }, annotations: {} }];
  const objects: ClusterObjects = { ...objectsOf(...datasets), namespaces, nodes };
  const pod = podWith([...claims], spec);
  const annotations = { "sluice.io/cache-affinity": "required", "sluice.io/mode": mode };
  return decidePod({ ...pod, metadata: { ...pod.metadata, annotations } }, clusterOf(objects), {});
}

const apart = [node("a", cacheOf("one")), node("b", cacheOf("two"))];
const together = [...apart, node("c", { ...cacheOf("one"), ...cacheOf("two") })];

describe("what a pod requires, each met by another node", () => {
  it.each(["sidecar", "csi"])("is told of, in %s mode", (mode) => {
    const decision = decideOn(apart, ["one", "two"], {}, mode);
    expect(decision.verdict).toBe("injected");
    expect(decision.findings.find(({ code }) => code === "no-node-for-all")?.message).toBe(
      "no known node meets all that the pod requires at once, so it stays pending: give one node all of it, or require less (fluid.io/s-default-one=true, fluid.io/s-default-two=true)",
    );
  });

  it.each<[string, readonly Node[], readonly string[], object, boolean]>([
    ["two caches on one of the nodes", together, ["one", "two"], {}, false],
    ["a single cache", apart, ["one"], {}, false],
    [
      "a cache that no node holds, which is told by itself",
      [node("a", cacheOf("one"))],
      ["one", "two"],
      {},
      false,
    ],
    ["no node known at all", [], ["one", "two"], {}, false],
    [
      "the pod's own selector, met by another node",
      [...apart, node("d", { disk: "ssd" })],
      ["one"],
      { nodeSelector: { disk: "ssd" } },
      true,
    ],
    [
      "the pod's own selector, met by the same node",
      [node("a", { ...cacheOf("one"), disk: "ssd" })],
      ["one"],
      { nodeSelector: { disk: "ssd" } },
      false,
    ],
    [
      "a tainted node",
      [...apart, node("c", { ...cacheOf("one"), ...cacheOf("two") }, dedicated)],
      ["one", "two"],
      {},
      true,
    ],
    [
      "a tainted node that the pod tolerates",
      [...apart, node("c", { ...cacheOf("one"), ...cacheOf("two") }, dedicated)],
      ["one", "two"],
      { tolerations: [{ key: "dedicated", operator: "Exists" }] },
      false,
    ],
    ["a named node", apart, ["one", "two"], { nodeName: "a" }, false],
  ])("%s", (_words, nodes, claims, spec, told) => {
    expect(codesOf(decideOn(nodes, claims, spec)).includes("no-node-for-all")).toBe(told);
  });
});
