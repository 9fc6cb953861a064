import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { isRefusal } from "../../src/admission/conclude.ts";
import type { PodRequest } from "../../src/admission/pod-request.ts";
import type { Config } from "../../src/config.ts";
import { writableDataset } from "../support/dataset-zoo.ts";
import { codesOf, decidePod, optedInCluster, podWith } from "../support/decide-pod.ts";

const data = writableDataset("data");
const cluster = optedInCluster([data]);

interface Case {
  pod?: Pod | undefined;
  spec?: Partial<NonNullable<Pod["spec"]>>;
  mount?: object;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  config?: Partial<Config>;
  request?: Partial<PodRequest>;
}

function podOf({ spec, mount, labels = {}, annotations = {} }: Case): Pod {
  const containers = [{ name: "app", volumeMounts: [{ name: "data", mountPath: "/data", ...mount }] }];
  return { ...podWith(["data"], { containers, ...spec }), metadata: { name: "train", labels, annotations } };
}

function decideCase(parts: Case, view = cluster) {
  return decidePod(parts.pod ?? podOf(parts), view, parts.config, parts.request);
}

const classic = { config: { sidecar: "classic" as const } };
const reader = { name: "prepare", volumeMounts: [{ name: "data", mountPath: "/in" }] };
const secret = [{ name: "S", valueFrom: { secretKeyRef: { name: "s", key: "k" } } }];
const byExpression = [
  { name: "app", env: secret, volumeMounts: [{ name: "data", mountPath: "/d", subPathExpr: "$(S)" }] },
];

describe("a pod is refused by name", () => {
  it.each<[string, Case, string, string[]]>([
    ["a claim that is missing", { pod: podWith(["gone"]) }, "claim-not-found", ["default/gone", "create it"]],
    [
      "an init container that reads, classic",
      { ...classic, spec: { initContainers: [reader] } },
      "init-container-needs-native",
      ["prepare", "native"],
    ],
    [
      "a micro-VM, where the app could see an empty directory",
      { spec: { runtimeClassName: "kata-qemu" } },
      "no-shared-mounts",
      ["kata", "sluice.io/platform"],
    ],
    [
      "resources of the whole pod that its clients do not fit into",
      { spec: { resources: { limits: { cpu: "10m" } } } as object },
      "pod-level-resources",
      ["cpu limit of 10m", "spec.resources"],
    ],
    [
      "KubeRay's pod, classic",
      { ...classic, labels: { "ray.io/node-type": "worker" } },
      "first-container-is-app",
      ["ray.io/node-type", "native"],
    ],
    ["a user namespace", { spec: { hostUsers: false } }, "user-namespace", ["spec.hostUsers", "remove"]],
    [
      "a dataset as a block device",
      { spec: { containers: [{ name: "app", volumeDevices: [{ name: "data", devicePath: "/dev/x" }] }] } },
      "block-device",
      ["app", "data", "volumeMounts"],
    ],
    [
      "a subPathExpr over a Secret",
      { spec: { containers: byExpression } },
      "sub-path-expression",
      ["app", "/d", "$(S)", "use subPath"],
    ],
    [
      "a sub path that climbs",
      { mount: { subPath: "../x" } },
      "bad-sub-path",
      ["app", "/data", "../x", "leave out"],
    ],
    [
      "an unknown platform",
      { annotations: { "sluice.io/platform": "moon" } },
      "unknown-platform",
      ["moon", "kubernetes, eci"],
    ],
    [
      "Fluid's unprivileged client",
      { annotations: { "serverless.fluid.io/platform": "unprivileged" } },
      "unprivileged-client",
      ["serverless.fluid.io/platform", "remove"],
    ],
    [
      "bad values, all at once",
      { annotations: { "sluice.io/mode": "x", "sluice.io/client-stop": "y" } },
      "bad-value",
      ["sluice.io/mode", "sluice.io/client-stop", "wait, detach"],
    ],
    [
      "a pod of another namespace",
      { request: { namespace: "other" }, pod: podWith(["data"]) },
      "namespace-mismatch",
      ["default", "other"],
    ],
    ["a request without a namespace", { request: { namespace: "" } }, "namespace-mismatch", ["namespace"]],
  ])("%s", (_, parts, code, words) => {
    const decision = decideCase(parts);
    expect(decision).toMatchObject({ verdict: "rejected", edits: [] });
    const refusal = decision.findings.find((finding) => finding.code === code);
    expect(refusal?.message.length).toBeLessThanOrEqual(220);
    for (const word of words) expect(refusal?.message.slice(0, 200)).toContain(word);
  });

  it("for everything that stands against it, refusals first", () => {
    const decision = decideCase({
      mount: { subPath: "../x" },
      spec: { hostUsers: false },
      labels: { "serverless.fluid.io/inject": "true", "fuse.serverful.fluid.io/inject": "true" },
    });
    expect(codesOf(decision).slice(0, 3)).toEqual(["user-namespace", "bad-sub-path", "contradicting-labels"]);
  });

  it("not for a sub path of another volume", () => {
    const volumeMounts = [
      { name: "data", mountPath: "/data" },
      { name: "x", mountPath: "/x", subPath: "../x" },
    ];
    expect(decideCase({ spec: { containers: [{ name: "app", volumeMounts }] } }).verdict).toBe("injected");
  });

  it("not for a subPathExpr where the configuration lets it go without healing", () => {
    const decision = decideCase({ spec: { containers: byExpression }, config: { subPathExpr: "direct" } });
    expect(decision.verdict).toBe("injected");
    expect(codesOf(decision)).toContain("no-healing");
    expect(decision.pod.spec?.containers[0]?.volumeMounts?.[0]).toMatchObject({ subPathExpr: "view-0/$(S)" });
  });
});

describe("a pod that does not ask", () => {
  const off = optedInCluster([data], { namespaces: [] });

  it.each<[string, Case, string]>([
    ["for anything", {}, "not-opted-in"],
    ["and has bad values", { annotations: { "sluice.io/mode": "x" } }, "not-opted-in"],
    ["and says no", { labels: { "fluid.io/enable-injection": "false" } }, "opted-out"],
  ])("%s is left alone", (_, parts, code) => {
    const decision = decideCase(parts, off);
    expect(decision).toMatchObject({ verdict: "unchanged", edits: [], volumes: [] });
    expect(codesOf(decision)).toEqual([code]);
  });

  it.each<[string, Partial<PodRequest>]>([
    ["an update", { operation: "UPDATE" }],
    ["a deletion", { operation: "DELETE", object: null }],
    ["another kind", { kind: "apps/v1/Deployment" }],
    ["a subresource", { subResource: "ephemeralcontainers" }],
  ])("%s is not looked at", (_, request) => {
    expect(codesOf(decideCase({ request }))).toEqual(["not-a-pod-creation"]);
  });

  it("that carries Fluid's mark, yet no client, is left alone with a warning", () => {
    const done = { "done.sidecar.fluid.io/inject": "true" };
    const decision = decideCase({ labels: done });
    expect(decision.verdict).toBe("unchanged");
    expect(codesOf(decision)).toEqual(["marked-done"]);
    const client = { name: "fluid-fuse-0", image: "x" };
    const served = decideCase({ labels: done, spec: { initContainers: [client], containers: [reader] } });
    expect(served.verdict).toBe("injected");
  });
});

describe("a pod that is none", () => {
  it.each<[string, unknown, string]>([
    ["nothing", null, "the pod must be an object, not null"],
    ["a list", [], "the pod must be an object, not a list"],
    ["no spec", { metadata: {} }, "spec must be an object, and is missing"],
    [
      "containers as an object",
      { metadata: {}, spec: { containers: {} } },
      "spec.containers must be a list, not an object",
    ],
    [
      "a label that is a number",
      { metadata: { labels: { a: 1 } }, spec: { containers: [] } },
      'metadata.labels["a"] must be a string, not a number',
    ],
    [
      "a mount without a path",
      { metadata: {}, spec: { containers: [{ name: "a", volumeMounts: [{ name: "v" }] }] } },
      "spec.containers[0].volumeMounts[0].mountPath must be a string, and is missing",
    ],
  ])("%s", (_, object, words) => {
    const decision = decidePod(object, cluster);
    expect(decision.verdict).toBe("rejected");
    expect(decision.findings).toEqual([{ code: "invalid-pod", message: `not a valid pod: ${words}` }]);
  });

  it("with __proto__ for a label changes nothing but is read as any other", () => {
    const pod: unknown = JSON.parse(
      '{"metadata":{"labels":{"__proto__":"x","constructor":"y"}},"spec":{"containers":[{"name":"app"}]}}',
    );
    expect(codesOf(decidePod(pod, cluster))).toEqual(["no-dataset"]);
  });

  it("with 10,000 volumes is decided in a moment", () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `v${index}`);
    const volumes = names.map((name) => ({ name, persistentVolumeClaim: { claimName: "data" } }));
    const volumeMounts = names.map((name) => ({ name, mountPath: `/${name}` }));
    const started = performance.now();
    const decision = decideCase({ spec: { volumes, containers: [{ name: "app", volumeMounts }] } });
    expect(["injected", "rejected"]).toContain(decision.verdict);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});

it("isRefusal tells refusals from warnings", () => {
  expect(isRefusal({ code: "user-namespace", message: "" })).toBe(true);
  expect(isRefusal({ code: "no-healing", message: "" })).toBe(false);
});

describe("a pod that lost a part of an earlier injection", () => {
  const injected = decidePod(podOf({}), cluster).pod;
  const without = (name: string): Pod => ({
    ...injected,
    spec: {
      ...injected.spec,
      containers: injected.spec?.containers ?? [],
      initContainers: (injected.spec?.initContainers ?? []).filter((container) => container.name !== name),
    },
  });

  it.each([
    ["its client", "fluid-fuse-0", /^volume data shows a client's mount, and that client is not in the pod/],
    ["its guard", "sluice-guard", /clients but not their guard/],
  ])("%s is refused", (_, name, words) => {
    const { verdict, findings } = decidePod(without(name), cluster);
    expect(verdict).toBe("rejected");
    expect(findings[0]).toMatchObject({ code: "client-missing", message: expect.stringMatching(words) });
  });

  it("is not one that is whole, nor a user's own volume in memory", () => {
    expect(decidePod(injected, cluster).verdict).toBe("unchanged");
    const emptyDir = { medium: "Memory", sizeLimit: "1Mi" };
    const own = podWith([], {
      containers: [{ name: "app", volumeMounts: [{ name: "m", mountPath: "/m", subPath: "view-0" }] }],
      volumes: [{ name: "m", emptyDir }],
    });
    expect(decidePod(own, cluster).verdict).toBe("unchanged");
  });
});
