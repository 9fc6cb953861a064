import { describe, expect, it } from "vitest";
import { findPlatform, isPlatformName, listPlatformNames, platforms } from "../../src/platforms/catalog.ts";
import {
  detectPlatform,
  type PlatformQuestion,
  refuseOfPlatform,
  warnOfPlatform,
} from "../../src/platforms/detect.ts";

interface Marks {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  namespaceLabels?: Record<string, string>;
  namespaceAnnotations?: Record<string, string>;
  asked?: string;
  fallback?: string;
  nodeSelector?: Record<string, string>;
  runtimeClassName?: string;
}

function ask(marks: Marks): ReturnType<typeof detectPlatform> {
  const question: PlatformQuestion = {
    clients: true,
    pod: {
      metadata: { labels: marks.labels ?? {}, annotations: marks.annotations ?? {} },
      spec: {
        containers: [],
        nodeSelector: marks.nodeSelector ?? {},
        ...(marks.runtimeClassName === undefined ? {} : { runtimeClassName: marks.runtimeClassName }),
      },
    },
    namespaceLabels: marks.namespaceLabels ?? {},
    namespaceAnnotations: marks.namespaceAnnotations ?? {},
    asked: marks.asked,
    fallback: marks.fallback ?? "kubernetes",
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
    ["a runtime class of Kata", { runtimeClassName: "kata-qemu" }, "kata", /runtimeClassName kata-qemu/],
    ["another runtime class", { runtimeClassName: "gvisor" }, "kubernetes", /nothing/],
    [
      "what is asked for before the runtime class",
      { runtimeClassName: "kata", asked: "kubernetes" },
      "kubernetes",
      /asked|sluice/,
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
    expect(ask(marks)).toEqual({ platform: findPlatform(name), why: expect.stringMatching(why) });
  });

  it.each<[string, Marks, string, RegExp]>([
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
      { labels: serverless, annotations: { [fluidPlatform]: "fargate" } },
      "unknown-platform",
      /serverless\.fluid\.io\/platform is "fargate".*kubernetes, eci/,
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
      pod: {},
      namespaceLabels: {},
      namespaceAnnotations: {},
      fallback: "eci",
    });
    expect(detected).toMatchObject({ platform: { name: "eci" } });
  });
});

describe("warnOfPlatform", () => {
  it.each(platforms)("tells of views only where they are unconfirmed: $name", (platform) => {
    const findings = warnOfPlatform(platform);
    expect(findings.map(({ code }) => code)).toEqual(
      platform.views === "unconfirmed" ? ["platform-unconfirmed"] : [],
    );
    for (const { message } of findings) expect(message.length).toBeLessThanOrEqual(200);
  });
});

describe("the catalogue", () => {
  it("names each platform once, and says what it is in one sentence", () => {
    const names = platforms.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(listPlatformNames()).toBe(names.join(", "));
    for (const { summary } of platforms) expect(summary).toMatch(/^An? .*\.$/);
  });

  it("uses no mark for two platforms", () => {
    const marks = platforms.flatMap(({ marks, hints }) =>
      [...marks, ...hints].map(({ kind, key, value }) => `${kind} ${key}=${value}`),
    );
    expect(new Set(marks).size).toBe(marks.length);
  });

  it.each([
    ["kubernetes", true],
    ["eci", true],
    ["Kubernetes", false],
    ["", false],
    ["toString", false],
  ])("knows whether %j is a platform: %s", (name, known) => {
    expect(isPlatformName(name)).toBe(known);
  });
});

describe("refuseOfPlatform", () => {
  it.each(platforms)("refuses where a view may be empty, and only there: $name", (platform) => {
    const findings = refuseOfPlatform(platform);
    expect(findings.map(({ code }) => code)).toEqual(
      platform.views === "refused" ? ["no-shared-mounts"] : [],
    );
    for (const { message } of findings) expect(message.length).toBeLessThanOrEqual(200);
  });
});
