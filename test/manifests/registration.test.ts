import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
} from "kubernetes-types/admissionregistration/v1";
import type { Pod } from "kubernetes-types/core/v1";
import type { LabelSelector } from "kubernetes-types/meta/v1";
import { describe, expect, it } from "vitest";
import { markInjected } from "../../src/admission/marks.ts";
import { select } from "../../src/admission/select.ts";
import { defaultConfig } from "../../src/config.ts";
import { matchesLabels } from "../../src/datasets/juicefs/label-match.ts";
import { PodEditor } from "../../src/pod/pod-editor.ts";
import { celProblems } from "./cel-text.ts";
import { onlyOf } from "./install-file.ts";

type Labels = Readonly<Record<string, string>>;

const configuration: MutatingWebhookConfiguration = onlyOf("MutatingWebhookConfiguration");
const webhooks: readonly MutatingWebhook[] = configuration.webhooks ?? [];

/** Every label that opts in or out, with every value that means something, one that means nothing, and none. */
const podLabels = [
  "sluice.io/inject",
  "fluid.io/enable-injection",
  "serverless.fluid.io/inject",
  "fuse.sidecar.fluid.io/inject",
  "fuse.serverful.fluid.io/inject",
];
const podValues = [undefined, "true", "false", ""];
const namespaceValues = [undefined, "enabled", "disabled", ""];

function combinations(keys: readonly string[]): Labels[] {
  return keys.reduce<Labels[]>(
    (all, key) =>
      all.flatMap((labels) =>
        podValues.map((value) => (value === undefined ? labels : { ...labels, [key]: value })),
      ),
    [{}],
  );
}

function namespaceOf(name: string, injection: string | undefined): Labels {
  const named = { "kubernetes.io/metadata.name": name };
  return injection === undefined ? named : { ...named, "sluice.io/injection": injection };
}

/** The conditions are run by the API server in the end-to-end tests; here they are known by their names. */
function isForPodsWithoutClaims({ matchConditions }: MutatingWebhook): boolean {
  return matchConditions?.[0]?.name === "neither-claim-nor-client";
}

function called(pod: Labels, namespace: Labels, withClaim = true): string[] {
  return webhooks
    .filter((hook) => isForPodsWithoutClaims(hook) !== withClaim)
    .filter(
      (hook) =>
        matchesLabels(hook.objectSelector ?? {}, pod) &&
        matchesLabels(hook.namespaceSelector ?? {}, namespace),
    )
    .map((hook) => hook.name);
}

function selection(labels: Labels, namespace: Labels) {
  const pod: Pod = { metadata: { labels }, spec: { containers: [] } };
  return select(pod, namespace, undefined, defaultConfig);
}

function asks(labels: Labels, namespace: Labels): boolean {
  return selection(labels, namespace).asks;
}

/** Whether the pod asks for csi mode, which only Fluid's serverful label does here. */
function asksForCsi(labels: Labels, namespace: Labels): boolean {
  const selected = selection(labels, namespace);
  return selected.asks && selected.mode === "csi";
}

describe("who is called for a pod", () => {
  const pods = combinations(podLabels);
  const cases = namespaceValues.flatMap((injection) =>
    pods.map((pod) => ({ pod, namespace: namespaceOf("research", injection) })),
  );

  it("is one webhook exactly where the pod asks, over all permutations of the labels", () => {
    expect(cases).toHaveLength(4 ** 6);
    const wrong = cases.filter(
      ({ pod, namespace }) => called(pod, namespace).length !== (asks(pod, namespace) ? 1 : 0),
    );
    expect(wrong).toEqual([]);
  });

  it("is one webhook for a pod without claims exactly where it asks for csi mode", () => {
    const wrong = cases.filter(
      ({ pod, namespace }) => called(pod, namespace, false).length !== (asksForCsi(pod, namespace) ? 1 : 0),
    );
    expect(wrong).toEqual([]);
  });

  it("is each of the webhooks for some pod", () => {
    const all = cases.flatMap(({ pod, namespace }) => [
      ...called(pod, namespace),
      ...called(pod, namespace, false),
    ]);
    const ofLabels = webhooks.filter((hook) => !hook.name.endsWith(".juicefs.sluice.io"));
    expect([...new Set(all)].sort()).toEqual(ofLabels.map((hook) => hook.name).sort());
  });

  it.each([
    [{}, "enabled", ["namespace.sluice.io"]],
    [{}, undefined, []],
    [{ "sluice.io/inject": "true" }, undefined, ["pod.sluice.io"]],
    [{ "sluice.io/inject": "true" }, "enabled", ["namespace.sluice.io"]],
    [{ "sluice.io/inject": "false" }, "enabled", []],
    [{ "fluid.io/enable-injection": "false" }, "enabled", []],
    [{ "fluid.io/enable-injection": "false", "serverless.fluid.io/inject": "true" }, undefined, []],
    [{ "serverless.fluid.io/inject": "true" }, undefined, ["serverless.fluid.sluice.io"]],
    [{ "fuse.sidecar.fluid.io/inject": "true" }, undefined, ["sidecar.fluid.sluice.io"]],
    [{ "fuse.serverful.fluid.io/inject": "true" }, undefined, ["serverful.fluid.sluice.io"]],
    [{ "done.sidecar.fluid.io/inject": "true" }, "enabled", ["namespace.sluice.io"]],
  ])("pod %j, namespace %s: %j", (pod, injection, expected) => {
    expect(called(pod, namespaceOf("research", injection))).toEqual(expected);
  });

  it.each(["kube-system", "sluice-system"])("is nobody in namespace %s, whatever the labels", (name) => {
    const namespaces = namespaceValues.map((injection) => namespaceOf(name, injection));
    const all = namespaces.flatMap((namespace) =>
      pods.flatMap((pod) => [...called(pod, namespace), ...called(pod, namespace, false)]),
    );
    expect(all).toEqual([]);
  });

  it("is nobody for our own pods, wherever they run", () => {
    const labels = onlyOf("Deployment").spec.template.metadata.labels;
    expect(
      namespaceValues.flatMap((injection) => called(labels, namespaceOf("elsewhere", injection))),
    ).toEqual([]);
    expect(asks(labels, namespaceOf("elsewhere", "enabled"))).toBe(false);
  });
});

it("no selector reads a label that we write", () => {
  const editor = new PodEditor({ metadata: {}, spec: { containers: [] } });
  const dataset = { namespace: "research", name: "imagenet" };
  const client = {
    claim: "imagenet",
    container: "fluid-fuse-0",
    family: "fluid" as const,
    dataset,
    scrapesMetrics: true,
    inUse: true,
  };
  markInjected(editor, [client], { mode: "sidecar", platform: "kubernetes", sidecar: "native" });
  const written = Object.keys(editor.pod.metadata?.labels ?? {});
  expect(written).not.toEqual([]);
  const read = webhooks.flatMap((hook) => keysOf(hook.objectSelector));
  expect(written.filter((key) => read.includes(key))).toEqual([]);
});

function keysOf(selector: LabelSelector | undefined): string[] {
  return [
    ...Object.keys(selector?.matchLabels ?? {}),
    ...(selector?.matchExpressions ?? []).map((requirement) => requirement.key),
  ];
}

describe.each(webhooks.map((hook) => [hook.name, hook] as const))("webhook %s", (_, hook) => {
  it("is called for the creation of pods, and refuses what asked for data while we are down, but nothing else", () => {
    expect(hook).toMatchObject({
      failurePolicy: isForPodsWithoutClaims(hook) ? "Ignore" : "Fail",
      timeoutSeconds: 5,
      matchPolicy: "Equivalent",
      sideEffects: "None",
      reinvocationPolicy: "IfNeeded",
      admissionReviewVersions: ["v1", "v1beta1"],
      rules: [
        {
          apiGroups: [""],
          apiVersions: ["v1"],
          operations: ["CREATE"],
          resources: ["pods"],
          scope: "Namespaced",
        },
      ],
    });
  });

  it("goes to our Service and says nothing of whom to trust", () => {
    expect(hook.clientConfig).toEqual({
      service: { name: "sluice", namespace: "sluice-system", path: "/mutate", port: 443 },
    });
  });

  it("asks in CEL for a claim, an ephemeral volume or a client of ours, or that none of it is there", () => {
    const without = isForPodsWithoutClaims(hook);
    const name = without ? "neither-claim-nor-client" : "claim-or-client";
    expect(hook.matchConditions).toEqual([{ name, expression: expect.any(String) }]);
    const text = hook.matchConditions?.[0]?.expression ?? "";
    const flat = (cel = "") => cel.replaceAll(/\s+/g, "");
    const positive = flat(webhooks[0]?.matchConditions?.[0]?.expression);
    expect(flat(text)).toBe(without ? `!(${positive})` : positive);
    expect(celProblems(text)).toEqual([]);
    for (const part of ["v.persistentVolumeClaim", "v.ephemeral", "c.command[3] == 'sluice-supervisor'"])
      expect(text).toContain(part);
  });
});
