import type { MutatingWebhookConfiguration } from "kubernetes-types/admissionregistration/v1";
import type { Pod } from "kubernetes-types/core/v1";
import { describe, expect, it } from "vitest";
import { select } from "../../src/admission/select.ts";
import { defaultConfig } from "../../src/config.ts";
import { matchesLabels } from "../../src/datasets/juicefs/label-match.ts";
import { onlyOf } from "./install-file.ts";

type Labels = Readonly<Record<string, string>>;

const configuration: MutatingWebhookConfiguration = onlyOf("MutatingWebhookConfiguration");
const webhooks = (configuration.webhooks ?? []).filter(
  (hook) => hook.matchConditions?.[0]?.name === "claim-or-client",
);

const podLabels = [
  "sluice.io/inject",
  "fluid.io/enable-injection",
  "serverless.fluid.io/inject",
  "fuse.serverful.fluid.io/inject",
  "disable.sidecar.juicefs.com/inject",
];
const namespaceLabels = ["juicefs.com/enable-injection", "juicefs.com/enable-serverless-injection"];

function combinations(keys: readonly string[], values: readonly (string | undefined)[]): Labels[] {
  return keys.reduce<Labels[]>(
    (all, key) =>
      all.flatMap((labels) =>
        values.map((value) => (value === undefined ? labels : { ...labels, [key]: value })),
      ),
    [{}],
  );
}

function called(pod: Labels, namespace: Labels): string[] {
  return webhooks
    .filter(
      (hook) =>
        matchesLabels(hook.objectSelector ?? {}, pod) &&
        matchesLabels(hook.namespaceSelector ?? {}, namespace),
    )
    .map((hook) => hook.name);
}

function asks(labels: Labels, namespace: Labels): boolean {
  const pod: Pod = { metadata: { labels }, spec: { containers: [] } };
  return select(pod, namespace, undefined, defaultConfig).asks;
}

describe("who is called for a pod in a namespace that JuiceFS's labels opt in", () => {
  const pods = combinations(podLabels, [undefined, "true", "false", "yes"]);
  const named = { "kubernetes.io/metadata.name": "research" };
  const namespaces = combinations(namespaceLabels, [undefined, "true", "yes"]).flatMap((labels) => [
    { ...named, ...labels },
    { ...named, ...labels, "sluice.io/injection": "enabled" },
  ]);
  const cases = namespaces.flatMap((namespace) => pods.map((pod) => ({ pod, namespace })));

  it("is one webhook exactly where the pod asks, over all permutations of the labels", () => {
    const wrong = cases.filter(
      ({ pod, namespace }) => called(pod, namespace).length !== (asks(pod, namespace) ? 1 : 0),
    );
    expect(wrong.slice(0, 5)).toEqual([]);
  });

  it.each([
    [{}, { "juicefs.com/enable-injection": "true" }, ["node.juicefs.sluice.io"]],
    [{}, { "juicefs.com/enable-serverless-injection": "true" }, ["serverless.juicefs.sluice.io"]],
    [
      {},
      { "juicefs.com/enable-injection": "true", "juicefs.com/enable-serverless-injection": "true" },
      ["serverless.juicefs.sluice.io"],
    ],
    [{ "disable.sidecar.juicefs.com/inject": "true" }, { "juicefs.com/enable-injection": "true" }, []],
    [{}, { "juicefs.com/enable-injection": "yes" }, []],
    [
      { "serverless.fluid.io/inject": "true" },
      { "juicefs.com/enable-injection": "true" },
      ["serverless.fluid.sluice.io"],
    ],
  ])("pod %j, namespace %j: %j", (pod, labels, expected) => {
    expect(called(pod, { ...named, ...labels })).toEqual(expected);
  });

  it("is nobody in Sluice's own namespace", () => {
    const namespace = {
      "kubernetes.io/metadata.name": "sluice-system",
      "juicefs.com/enable-injection": "true",
    };
    expect(pods.flatMap((pod) => called(pod, namespace))).toEqual([]);
  });
});
