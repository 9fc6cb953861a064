import { describe, expect, it } from "vitest";
import { checkHandover } from "../../../src/cli/check/check-handover.ts";
import type { CheckLevel } from "../../../src/cli/check/check-result.ts";
import { labelledNamespace, makeTestCertificates, wellFacts } from "../../support/check-facts.ts";

const certificates = await makeTestCertificates();
const fluidService = { namespace: "fluid-system", name: "fluid-pod-admission-webhook" };
const fluidName = "fluid-pod-admission-webhook";

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

function byName(...values: string[]): Expression {
  return { key: "kubernetes.io/metadata.name", operator: "NotIn", values };
}

/** Fluid's registration, with what each of its two entries leaves out. */
function fluid(
  leftOut: readonly (readonly Expression[])[] = [[], []],
  name = fluidName,
  service: object = fluidService,
) {
  return {
    metadata: { name },
    webhooks: leftOut.map((matchExpressions) => ({
      clientConfig: { service: { ...service, path: "/mutate-fluid-io-v1alpha1-schedulepod" } },
      namespaceSelector: matchExpressions.length === 0 ? {} : { matchExpressions },
      rules: [{ apiGroups: [""], resources: ["pods"], operations: ["CREATE"] }],
    })),
  };
}

function pod(name: string, annotations: Record<string, string> = {}, phase = "Running") {
  return { metadata: { name, namespace: "research", annotations }, status: { phase } };
}

function check(configurations: object[], pods: object[] = []) {
  return checkHandover(
    wellFacts(certificates, {
      configurations: { value: configurations.map((one) => ({ ...one })) },
      fluidPods: { value: pods.map((one) => ({ ...one })) },
      labelledNamespaces: { value: [labelledNamespace("opted")] },
    }),
  );
}

const serves = (order: string, name = fluidName) =>
  `Fluid's own webhook (${name}) is called ${order} Sluice and serves pods with its labels`;

describe("the handover from Fluid's webhook", () => {
  it("is nothing to tell of where there is nothing of it", () => {
    expect(check([])).toBeUndefined();
    expect(
      check([], [pod("ours", { "sluice.io/status": "{}" }), pod("done", {}, "Succeeded")]),
    ).toBeUndefined();
  });

  it.each<[string, object, CheckLevel, string]>([
    ["has not begun", fluid(), "warning", serves("before")],
    [
      "has not begun, and Fluid's is called later",
      fluid([[], []], "zz-fluid"),
      "warning",
      serves("after", "zz-fluid"),
    ],
    [
      "has taken over some namespaces",
      fluid([[byName("a", "b")], [byName("b", "a")]]),
      "warning",
      `${serves("before")}, but for a, b, which Sluice has taken over`,
    ],
    [
      "has taken over many",
      fluid([[byName("a", "b", "c", "d", "e")], [byName("a", "b", "c", "d", "e")]]),
      "warning",
      `${serves("before")}, but for a, b, c and 2 more, which Sluice has taken over`,
    ],
    [
      "goes by the label that opts in",
      fluid([
        [{ key: "sluice.io/injection", operator: "NotIn", values: ["enabled"] }],
        [{ key: "sluice.io/injection", operator: "NotIn", values: ["enabled"] }],
      ]),
      "warning",
      `${serves("before")}, but for opted, which Sluice has taken over`,
    ],
    [
      "has forgotten an entry",
      fluid([[byName("a")], []]),
      "warning",
      `${serves("before")}; its entries do not leave out the same namespaces: a is left out by some only`,
    ],
    [
      "is not made by a selector that takes namespaces in",
      fluid([[{ ...byName("a"), operator: "In" }], [{ ...byName("a"), operator: "In" }]]),
      "warning",
      serves("before"),
    ],
    [
      "leads to Sluice twice",
      fluid([[], []], fluidName, { namespace: "sluice-system", name: "sluice" }),
      "warning",
      `${fluidName} calls Sluice a second time for pods with Fluid's labels`,
    ],
  ])("%s", (_, configuration, level, message) => {
    const result = check([configuration]);
    expect(result).toMatchObject({ level, message });
    expect(result?.remedy).toMatch(/docs\/from-fluid\.md|kubectl delete/);
  });

  it("tells of pods that still have Fluid's sidecars, until the last is gone", () => {
    expect(check([fluid()], [pod("old")])?.details).toEqual([
      "1 pod still has sidecars of Fluid's webhook (research/old)",
    ]);
    expect(check([], [pod("old"), pod("older")])).toEqual({
      check: "handover from Fluid",
      level: "ok",
      message:
        "pods come to Sluice; 2 pods still have sidecars of Fluid's webhook (such as research/old): keep Fluid's fluidapp-controller and its check ConfigMaps until they are gone",
    });
  });

  it("says when the pods cannot be looked at", () => {
    const facts = wellFacts(certificates, {
      configurations: { value: [fluid()] },
      fluidPods: { problem: "you may not list pods" },
    });
    expect(checkHandover(facts)?.details).toEqual([
      "the pods with sidecars of Fluid's webhook cannot be read: you may not list pods",
    ]);
  });
});
