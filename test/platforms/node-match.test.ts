import type { NodeSelectorTerm, Pod, PodSpec, Taint, Toleration } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { type MatchableNode, matchesNodeSelector, reachOf } from "../../src/platforms/node-match.ts";

const node: MatchableNode = {
  name: "node-1",
  labels: { zone: "a", cpus: "16", empty: "", word: "many", big: "9007199254740993" },
  taints: [],
};

function expression(key: string, operator: string, ...values: string[]): NodeSelectorTerm {
  return { matchExpressions: [values.length === 0 ? { key, operator } : { key, operator, values }] };
}

function field(key: string, operator: string, ...values: string[]): NodeSelectorTerm {
  return { matchFields: [{ key, operator, values }] };
}

describe("matchesNodeSelector", () => {
  it.each<[boolean, NodeSelectorTerm[]]>([
    [true, [expression("zone", "In", "b", "a")]],
    [false, [expression("zone", "In", "b")]],
    [false, [expression("rack", "In", "a")]],
    [true, [expression("empty", "In", "")]],
    [false, [expression("zone", "NotIn", "a")]],
    [true, [expression("zone", "NotIn", "b")]],
    [true, [expression("rack", "NotIn", "a")]],
    [true, [expression("zone", "Exists")]],
    [false, [expression("rack", "Exists")]],
    [false, [expression("constructor", "Exists")]],
    [false, [expression("zone", "DoesNotExist")]],
    [true, [expression("rack", "DoesNotExist")]],
    [true, [expression("cpus", "Gt", "8")]],
    [false, [expression("cpus", "Gt", "16")]],
    [true, [expression("cpus", "Lt", "17")]],
    [false, [expression("cpus", "Lt", "16")]],
    [true, [expression("cpus", "Gt", "-1")]],
    [true, [expression("big", "Gt", "9007199254740992")]],
    [false, [expression("word", "Gt", "1")]],
    [false, [expression("empty", "Lt", "1")]],
    [false, [expression("rack", "Lt", "1")]],
    [false, [expression("cpus", "Gt", "1", "2")]],
    [false, [expression("cpus", "Gt")]],
    [false, [expression("zone", "Equals", "a")]],
    [true, [field("metadata.name", "In", "node-1")]],
    [false, [field("metadata.name", "In", "node-2")]],
    [true, [field("metadata.name", "NotIn", "node-2")]],
    [false, [field("metadata.namespace", "NotIn", "node-2")]],
    [false, [{ ...expression("zone", "Exists"), ...field("metadata.name", "In", "node-2") }]],
    [
      false,
      [
        {
          matchExpressions: [
            { key: "zone", operator: "Exists" },
            { key: "rack", operator: "Exists" },
          ],
        },
      ],
    ],
    [true, [expression("rack", "Exists"), expression("zone", "Exists")]],
    [false, [{}]],
    [false, [{ matchExpressions: [], matchFields: [] }]],
    [true, [{}, expression("zone", "Exists")]],
    [false, []],
  ])("%s for %j", (expected, nodeSelectorTerms) => {
    expect(matchesNodeSelector({ nodeSelectorTerms }, node)).toBe(expected);
  });
});

describe("reachOf", () => {
  const spec = (part: Partial<PodSpec>): Pod => ({ spec: { containers: [], ...part } });

  it.each<[boolean, string, Pod]>([
    [true, "a pod that asks for nothing", spec({})],
    [true, "a pod without spec", {}],
    [true, "a pod on this node", spec({ nodeName: "node-1" })],
    [false, "a pod on another node", spec({ nodeName: "node-2" })],
    [true, "a matching nodeSelector", spec({ nodeSelector: { zone: "a" } })],
    [false, "a nodeSelector for another zone", spec({ nodeSelector: { zone: "b" } })],
    [false, "a nodeSelector that matches in part", spec({ nodeSelector: { zone: "a", rack: "1" } })],
    [true, "a matching affinity", requiring("a")],
    [false, "an affinity for another zone", requiring("b")],
    [
      false,
      "matching affinity but another nodeSelector",
      { spec: { ...requiring("a").spec, containers: [], nodeSelector: { zone: "b" } } },
    ],
    [
      true,
      "a preference for another zone",
      spec({
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, preference: expression("zone", "In", "b") },
            ],
          },
        },
      }),
    ],
  ])("%s for %s", (expected, _name, pod) => {
    expect(reachOf(pod)(node)).toBe(expected);
  });

  function requiring(zone: string): Pod {
    const nodeSelectorTerms = [expression("zone", "In", zone)];
    return spec({
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
    });
  }

  const taint: Taint = { key: "gpu", value: "a100", effect: "NoSchedule" };
  it.each<[boolean, string, Taint, Toleration[]]>([
    [false, "no toleration", taint, []],
    [false, "no toleration of NoExecute", { ...taint, effect: "NoExecute" }, []],
    [true, "a taint that only discourages", { ...taint, effect: "PreferNoSchedule" }, []],
    [true, "Exists without a key", taint, [{ operator: "Exists" }]],
    [true, "Exists with the key", taint, [{ key: "gpu", operator: "Exists" }]],
    [false, "Exists with another key", taint, [{ key: "fpga", operator: "Exists" }]],
    [true, "Equal by default", taint, [{ key: "gpu", value: "a100" }]],
    [false, "another value", taint, [{ key: "gpu", operator: "Equal", value: "h100" }]],
    [true, "no value on either side", { key: "gpu", effect: "NoSchedule" }, [{ key: "gpu" }]],
    [
      false,
      "a value for a taint without one",
      { key: "gpu", effect: "NoSchedule" },
      [{ key: "gpu", value: "x" }],
    ],
    [true, "the same effect", taint, [{ key: "gpu", value: "a100", effect: "NoSchedule" }]],
    [false, "another effect", taint, [{ operator: "Exists", effect: "NoExecute" }]],
    [
      true,
      "a limited time",
      { ...taint, effect: "NoExecute" },
      [{ operator: "Exists", tolerationSeconds: 5 }],
    ],
    [true, "an operator not known yet", taint, [{ key: "gpu", operator: "Lt", value: "3" }]],
    [false, "Equal without a key", taint, [{ operator: "Equal", value: "a100" }]],
    [true, "a cordoned node", { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }, []],
    [true, "a node that is not ready", { key: "node.kubernetes.io/not-ready", effect: "NoExecute" }, []],
  ])("%s for %s", (expected, _name, only, tolerations) => {
    expect(reachOf(spec({ tolerations }))({ ...node, taints: [only] })).toBe(expected);
  });

  it("needs every taint tolerated", () => {
    const tainted = { ...node, taints: [taint, { key: "team", value: "x", effect: "NoExecute" }] };
    expect(reachOf(spec({ tolerations: [{ key: "gpu", operator: "Exists" }] }))(tainted)).toBe(false);
    expect(reachOf(spec({ tolerations: [{ operator: "Exists" }] }))(tainted)).toBe(true);
  });
});
