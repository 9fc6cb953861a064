import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { kubernetes } from "../../src/platforms/cluster-nodes.ts";
import {
  decideSidecarKind,
  type SidecarQuestion,
  type VersionedNode,
} from "../../src/platforms/native-sidecars.ts";
import type { Platform } from "../../src/platforms/platform.ts";

const platform: Platform = { ...kubernetes, name: "test" };
const pod: Pod = { spec: { containers: [{ name: "app" }] } };
const old: VersionedNode = { name: "old-1", labels: { pool: "old" }, taints: [], kubeletVersion: "v1.27.3" };
const virtual: VersionedNode = {
  name: "vnode",
  labels: {},
  taints: [{ key: "virtual-kubelet.io/provider", value: "x", effect: "NoSchedule" }],
  kubeletVersion: "",
};
const usual: SidecarQuestion = {
  pod,
  asked: "auto",
  platform,
  serverVersion: { major: 1, minor: 33 },
  nodesWithoutNativeSidecars: [],
  nodeCount: 3,
};

function podWith(part: Partial<NonNullable<Pod["spec"]>>): Pod {
  return { spec: { containers: [{ name: "app" }], ...part } };
}

describe("decideSidecarKind", () => {
  it.each<[string, Partial<SidecarQuestion>, "native" | "classic", RegExp]>([
    ["everything is new", {}, "native", /1\.33.*no older node/],
    ["the API server is just new enough", { serverVersion: { major: 1, minor: 29 } }, "native", /1\.29/],
    [
      "the API server is too old",
      { serverVersion: { major: 1, minor: 28 } },
      "classic",
      /API server is 1\.28/,
    ],
    ["a version 2 comes", { serverVersion: { major: 2, minor: 0 } }, "native", /2\.0/],
    [
      "nothing is known",
      { serverVersion: undefined, nodeCount: 0 },
      "native",
      /assumed.*no node is known.*assumed/,
    ],
    ["only the API server is unknown", { serverVersion: undefined }, "native", /not known and assumed/],
    ["an old node can be reached", { nodesWithoutNativeSidecars: [old] }, "classic", /node old-1.*v1\.27\.3/],
    [
      "several old nodes can be reached",
      { nodesWithoutNativeSidecars: [old, { ...old, name: "old-2" }] },
      "classic",
      /old-1.*2 such nodes/,
    ],
    [
      "the old nodes are out of reach",
      { nodesWithoutNativeSidecars: [old], pod: podWith({ nodeSelector: { pool: "new" } }) },
      "native",
      /no older node/,
    ],
    [
      "the pod names an old node",
      { nodesWithoutNativeSidecars: [old], pod: podWith({ nodeName: "old-1" }) },
      "classic",
      /old-1/,
    ],
    [
      "the pod names another node",
      { nodesWithoutNativeSidecars: [old], pod: podWith({ nodeName: "new-1" }) },
      "native",
      /./,
    ],
    ["a node of unknown version repels the pod", { nodesWithoutNativeSidecars: [virtual] }, "native", /./],
    [
      "a node of unknown version is tolerated",
      { nodesWithoutNativeSidecars: [virtual], pod: podWith({ tolerations: [{ operator: "Exists" }] }) },
      "classic",
      /vnode.*states no version/,
    ],
    [
      "the platform does not run them",
      { platform: { ...platform, nativeSidecars: false } },
      "classic",
      /platform test/,
    ],
    [
      "the platform runs them whatever its nodes say",
      { platform: { ...platform, nativeSidecars: true }, nodesWithoutNativeSidecars: [old] },
      "native",
      /platform test runs/,
    ],
    [
      "the platform runs them but the API server drops them",
      { platform: { ...platform, nativeSidecars: true }, serverVersion: { major: 1, minor: 27 } },
      "classic",
      /1\.27/,
    ],
    ["classic is asked for", { asked: "classic" }, "classic", /^classic is asked for$/],
    ["native is asked for", { asked: "native" }, "native", /^native is asked for$/],
    [
      "native is asked for against the evidence",
      { asked: "native", nodesWithoutNativeSidecars: [old] },
      "native",
      /^native is asked for, although .*old-1/,
    ],
  ])("when %s", (_name, part, kind, why) => {
    const choice = decideSidecarKind({ ...usual, ...part });
    expect(choice.kind).toBe(kind);
    expect(choice.why).toMatch(why);
  });
});
