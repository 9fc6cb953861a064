import type { NodeSelectorTerm, Toleration } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { builtInPlatforms, catalogOf } from "../../src/platforms/catalog.ts";
import { detectPlatform, type PlatformQuestion } from "../../src/platforms/detect.ts";

const catalog = catalogOf(builtInPlatforms);

interface Marks {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  namespaceLabels?: Record<string, string>;
  namespaceAnnotations?: Record<string, string>;
  asked?: string;
  fallback?: string;
  nodeSelector?: Record<string, string>;
  runtimeClassName?: string;
  requiredTerms?: NodeSelectorTerm[];
  tolerations?: Toleration[];
}

function ask(marks: Marks): ReturnType<typeof detectPlatform> {
  const question: PlatformQuestion = {
    clients: true,
    catalog,
    pod: {
      metadata: { labels: marks.labels ?? {}, annotations: marks.annotations ?? {} },
      spec: {
        containers: [],
        nodeSelector: marks.nodeSelector ?? {},
        ...(marks.tolerations === undefined ? {} : { tolerations: marks.tolerations }),
        ...(marks.requiredTerms === undefined
          ? {}
          : {
              affinity: {
                nodeAffinity: {
                  requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: marks.requiredTerms },
                },
              },
            }),
        ...(marks.runtimeClassName === undefined ? {} : { runtimeClassName: marks.runtimeClassName }),
      },
    },
    namespaceLabels: marks.namespaceLabels ?? {},
    namespaceAnnotations: marks.namespaceAnnotations ?? {},
    asked: marks.asked,
    fallback: marks.fallback ?? "kubernetes",
    platformLabel: "example.com/vnode",
  };
  return detectPlatform(question);
}

const fluidPlatform = "serverless.fluid.io/platform";
const unprivileged = { "unprivileged.sidecar.fluid.io/inject": "true" };
const serverless = { "serverless.fluid.io/inject": "true" };

describe("detectPlatform", () => {
  it.each<[string, Marks, string, RegExp]>([
    ["nothing", {}, "kubernetes", /nothing says otherwise/],
    ["nothing, with another default", { fallback: "eci" }, "eci", /configuration says eci/],
    ["our annotation", { asked: "eci" }, "eci", /sluice\.io\/platform=eci/],
    [
      "our annotation against all other marks",
      {
        asked: "kubernetes",
        labels: { "alibabacloud.com/eci": "true" },
        annotations: { [fluidPlatform]: "eci" },
      },
      "kubernetes",
      /sluice\.io\/platform/,
    ],
    [
      "Fluid's annotation",
      { annotations: { [fluidPlatform]: "eci" } },
      "eci",
      /serverless\.fluid\.io\/platform=eci/,
    ],
    [
      "Fluid's default, which beats the marks",
      { annotations: { [fluidPlatform]: "default" }, labels: { "alibabacloud.com/eci": "true" } },
      "kubernetes",
      /serverless\.fluid\.io\/platform=default/,
    ],
    [
      "ECI's label",
      { labels: { "alibabacloud.com/eci": "true" } },
      "eci",
      /alibabacloud\.com\/eci=true of the pod/,
    ],
    ["ECI's old label", { labels: { eci: "true" } }, "eci", /label eci=true of the pod/],
    [
      "the namespace's label",
      { namespaceLabels: { "alibabacloud.com/eci": "true" } },
      "eci",
      /of the namespace/,
    ],
    ["the namespace's old label", { namespaceLabels: { eci: "true" } }, "eci", /of the namespace/],
    [
      "the sidecar target",
      { labels: { "alibabacloud.com/fluid-sidecar-target": "eci" } },
      "eci",
      /fluid-sidecar-target=eci of the pod/,
    ],
    [
      "pod and namespace, the pod being named",
      { labels: { "alibabacloud.com/eci": "true" }, namespaceLabels: { "alibabacloud.com/eci": "true" } },
      "eci",
      /of the pod/,
    ],
    ["another value of the label", { labels: { "alibabacloud.com/eci": "false" } }, "kubernetes", /nothing/],
    [
      "the label as an annotation",
      { annotations: { "alibabacloud.com/eci": "true" } },
      "kubernetes",
      /nothing/,
    ],
    [
      "the sidecar target of a namespace",
      { namespaceLabels: { "alibabacloud.com/fluid-sidecar-target": "eci" } },
      "kubernetes",
      /nothing/,
    ],
    [
      "a nodeSelector many vendors share",
      { nodeSelector: { type: "virtual-kubelet" } },
      "virtual-node",
      /nodeSelector type=virtual-kubelet/,
    ],
    [
      "a mark before a nodeSelector",
      { nodeSelector: { type: "virtual-kubelet" }, labels: { eci: "true" } },
      "eci",
      /label eci=true/,
    ],
    ["ACS's label", { labels: { "alibabacloud.com/acs": "true" } }, "acs", /acs=true of the pod/],
    [
      "the sidecar target before the marks",
      { labels: { "alibabacloud.com/fluid-sidecar-target": "acs", "alibabacloud.com/eci": "true" } },
      "acs",
      /fluid-sidecar-target=acs/,
    ],
    [
      "ECI only",
      { annotations: { "alibabacloud.com/burst-resource": "eci_only" } },
      "eci",
      /burst-resource=eci_only/,
    ],
    [
      "VCI's annotation",
      { annotations: { "vke.volcengine.com/burst-to-vci": "enforce" } },
      "vci",
      /annotation vke/,
    ],
    ["VCI's label", { labels: { "vke.volcengine.com/burst-to-vci": "enforce" } }, "vci", /label vke/],
    ["CCI's label", { labels: { "virtual-kubelet.io/burst-to-cci": "enforce" } }, "cci", /burst-to-cci/],
    ["CCI 2's label", { labels: { "bursting.cci.io/burst-to-cci": "enforce" } }, "cci2", /bursting\.cci/],
    ["CCI's label, off", { labels: { "virtual-kubelet.io/burst-to-cci": "off" } }, "kubernetes", /nothing/],
    [
      "Tencent's super nodes",
      { nodeSelector: { "node.kubernetes.io/instance-type": "eklet" } },
      "eklet",
      /nodeSelector node\.kubernetes\.io\/instance-type=eklet/,
    ],
    [
      "Fargate",
      { nodeSelector: { "eks.amazonaws.com/compute-type": "fargate" } },
      "fargate",
      /nodeSelector eks/,
    ],
    [
      "both labels of Azure's virtual nodes, before the one that many share",
      { nodeSelector: { "kubernetes.io/role": "agent", type: "virtual-kubelet" } },
      "aci",
      /kubernetes\.io\/role=agent, type=virtual-kubelet/,
    ],
    [
      "the one of Azure's labels that ordinary nodes carry",
      { nodeSelector: { "kubernetes.io/role": "agent" } },
      "kubernetes",
      /nothing/,
    ],
    [
      "required affinity, all terms of it",
      {
        requiredTerms: [{ matchExpressions: [{ key: "type", operator: "In", values: ["virtual-kubelet"] }] }],
      },
      "virtual-node",
      /^required node affinity type=virtual-kubelet/,
    ],
    [
      "affinity away from virtual nodes",
      {
        requiredTerms: [
          { matchExpressions: [{ key: "type", operator: "NotIn", values: ["virtual-kubelet"] }] },
        ],
      },
      "kubernetes",
      /nothing/,
    ],
    [
      "a nodeSelector that many share, in a cluster of one kind of virtual node",
      { nodeSelector: { type: "virtual-kubelet" }, fallback: "eci" },
      "eci",
      /configuration says eci/,
    ],
    [
      "a toleration, which proves nothing",
      { tolerations: [{ key: "k8s.aliyun.com/vnode" }] },
      "kubernetes",
      /nothing/,
    ],
    [
      "our annotation, told beside the mark that it beats",
      { asked: "kubernetes", labels: { "alibabacloud.com/eci": "true" } },
      "kubernetes",
      /although label alibabacloud\.com\/eci=true says eci/,
    ],
    ["a runtime class of Kata", { runtimeClassName: "kata-qemu" }, "kata", /runtimeClassName kata-qemu/],
    ["another runtime class", { runtimeClassName: "gvisor" }, "kubernetes", /nothing/],
    [
      "what is asked for before the runtime class",
      { runtimeClassName: "kata", asked: "kubernetes" },
      "kubernetes",
      /asked|sluice/,
    ],
    [
      "the label that names a platform",
      { labels: { "example.com/vnode": "eci" } },
      "eci",
      /label example\.com\/vnode=eci/,
    ],
    [
      "Fluid's default by that label",
      { labels: { "example.com/vnode": "default" } },
      "kubernetes",
      /vnode=default/,
    ],
    [
      "the deprecated opt-in before the annotation, as Fluid does",
      { labels: { "fuse.sidecar.fluid.io/inject": "true" }, annotations: { [fluidPlatform]: "eci" } },
      "kubernetes",
      /nothing/,
    ],
    [
      "a platform whose clients have no privilege anyway, with the unprivileged label",
      { labels: { ...serverless, ...unprivileged }, annotations: { [fluidPlatform]: "vci" } },
      "vci",
      /serverless\.fluid\.io/,
    ],
    ["the unprivileged label without Fluid's opt-in", { labels: unprivileged }, "kubernetes", /nothing/],
    [
      "the unprivileged label with our answer to it",
      { asked: "eci", labels: { ...serverless, ...unprivileged } },
      "eci",
      /sluice\.io/,
    ],
    [
      "the unprivileged label switched off",
      { labels: { ...serverless, "unprivileged.sidecar.fluid.io/inject": "false" } },
      "kubernetes",
      /nothing/,
    ],
  ])("goes by %s", (_name, marks, name, why) => {
    expect(ask(marks)).toEqual({ platform: catalog.byName.get(name), why: expect.stringMatching(why) });
  });

  it.each<[string, Marks, string]>([
    [
      "ECI where ordinary nodes are full",
      { annotations: { "alibabacloud.com/burst-resource": "eci" } },
      "eci",
    ],
    ["CCI by its own choice", { labels: { "virtual-kubelet.io/burst-to-cci": "auto" } }, "cci"],
    ["VCI by preference", { annotations: { "vke.volcengine.com/burst-to-vci": "prefer" } }, "vci"],
    [
      "one of two terms",
      {
        requiredTerms: [
          {
            matchExpressions: [
              { key: "node.kubernetes.io/instance-type", operator: "In", values: ["eklet"] },
            ],
          },
          { matchExpressions: [{ key: "pool", operator: "In", values: ["gpu"] }] },
        ],
      },
      "eklet",
    ],
  ])("knows a pod that may run on either kind of node: %s", (_name, marks, name) => {
    expect(ask(marks)).toEqual({
      platform: { ...catalog.byName.get(name), nodeAffinity: "heard", scheduler: "cluster" },
      why: expect.any(String),
      bursts: expect.any(String),
    });
  });

  it.each<[string, Marks, string, RegExp]>([
    [
      "two platforms' marks",
      {
        labels: { "alibabacloud.com/eci": "true" },
        annotations: { "vke.volcengine.com/burst-to-vci": "enforce" },
      },
      "several-platforms",
      /alibabacloud\.com\/eci=true of the pod says platform eci, .*says vci/,
    ],
    [
      "two platforms' marks on the namespace",
      { namespaceLabels: { "alibabacloud.com/eci": "true", "alibabacloud.com/acs": "true" } },
      "several-platforms",
      /of the namespace/,
    ],
    [
      "an unknown platform",
      { asked: "ECI" },
      "unknown-platform",
      /sluice\.io\/platform is "ECI".*kubernetes, eci/,
    ],
    ["an empty platform", { asked: "" }, "unknown-platform", /is ""/],
    ["a platform named like a method", { asked: "constructor" }, "unknown-platform", /is "constructor"/],
    ["a platform of endless name", { asked: "x".repeat(10_000) }, "unknown-platform", /kubernetes, eci/],
    [
      "a platform unknown to us in Fluid's annotation",
      { labels: serverless, annotations: { [fluidPlatform]: "moon" } },
      "unknown-platform",
      /serverless\.fluid\.io\/platform is "moon".*kubernetes, eci/,
    ],
    [
      "an empty name in Fluid's annotation",
      { annotations: { [fluidPlatform]: "" } },
      "unknown-platform",
      /is ""/,
    ],
    ["an unknown default", { fallback: "nowhere" }, "unknown-platform", /configuration.*"nowhere"/],
    [
      "Fluid's unprivileged platform",
      { annotations: { [fluidPlatform]: "unprivileged" } },
      "unprivileged-client",
      /annotation serverless\.fluid\.io\/platform=unprivileged.*remove the annotation/,
    ],
    [
      "Fluid's unprivileged label",
      { labels: { ...serverless, ...unprivileged } },
      "unprivileged-client",
      /label unprivileged\.sidecar\.fluid\.io\/inject=true.*remove the label/,
    ],
    [
      "a platform that is not known, by the label that names one",
      { labels: { "example.com/vnode": "moon" } },
      "unknown-platform",
      /label example\.com\/vnode is "moon".*kubernetes, eci/,
    ],
    [
      "that label beside Fluid's opt-in, as Fluid does",
      { labels: { ...serverless, "example.com/vnode": "eci" } },
      "several-platforms",
      /labels example\.com\/vnode=eci and serverless\.fluid\.io\/inject=true .*remove one/,
    ],
    [
      "the unprivileged platform by that label",
      { labels: { "example.com/vnode": "unprivileged" } },
      "unprivileged-client",
      /label example\.com\/vnode=unprivileged: on kubernetes nodes .*remove the label/,
    ],
    [
      "the unprivileged label with the older opt-in, before the annotation",
      {
        labels: { "fuse.sidecar.fluid.io/inject": "true", ...unprivileged },
        annotations: { [fluidPlatform]: "default" },
      },
      "unprivileged-client",
      /remove the label/,
    ],
  ])("refuses %s in at most 200 characters", (_name, marks, code, message) => {
    const detected = ask(marks);
    expect(detected).toEqual({ problem: { code, message: expect.stringMatching(message) } });
    expect("problem" in detected && detected.problem.message.length).toBeLessThanOrEqual(200);
  });

  it.each([
    { labels: { "serverless.fluid.io/inject": "true", "unprivileged.sidecar.fluid.io/inject": "true" } },
    { annotations: { "serverless.fluid.io/platform": "unprivileged" } },
  ])("asks nothing of a client where there is none: %j", (metadata) => {
    const question = {
      catalog,
      namespaceLabels: {},
      namespaceAnnotations: {},
      fallback: "kubernetes",
      clients: false,
    };
    expect(detectPlatform({ ...question, pod: { metadata } })).toMatchObject({
      platform: { name: "kubernetes" },
    });
  });

  it("takes a pod without metadata for an unmarked one", () => {
    const detected = detectPlatform({
      clients: true,
      catalog,
      pod: {},
      namespaceLabels: {},
      namespaceAnnotations: {},
      fallback: "eci",
    });
    expect(detected).toMatchObject({ platform: { name: "eci" } });
  });
});
