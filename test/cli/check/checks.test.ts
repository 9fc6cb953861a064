import { beforeAll, describe, expect, it } from "vitest";
import { runChecks } from "../../../src/cli/check/all-checks.ts";
import { checkApiServer } from "../../../src/cli/check/check-api-server.ts";
import { checkCaches } from "../../../src/cli/check/check-caches.ts";
import { checkFluidKinds } from "../../../src/cli/check/check-fluid-kinds.ts";
import { checkNamespaces } from "../../../src/cli/check/check-namespaces.ts";
import { checkOtherInjectors, checkOtherWebhooks } from "../../../src/cli/check/check-other-webhooks.ts";
import { checkPermissions } from "../../../src/cli/check/check-permissions.ts";
import { checkPluginProfile } from "../../../src/cli/check/check-plugin-profile.ts";
import { checkPolicy } from "../../../src/cli/check/check-policy.ts";
import { checkReplicas, checkService } from "../../../src/cli/check/check-replicas.ts";
import type { CheckLevel } from "../../../src/cli/check/check-result.ts";
import type { Facts } from "../../../src/cli/check/facts.ts";
import { requiredRights } from "../../../src/cli/check/required-rights.ts";
import { defaultConfig } from "../../../src/config.ts";
import {
  expectResult,
  labelledNamespace,
  makeTestCertificates,
  ofJuicefs,
  otherConfiguration,
  registrationWith,
  replicaFacts,
  type TestCertificates,
  wellFacts,
} from "../../support/check-facts.ts";

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await makeTestCertificates();
});

const problem = { problem: "you may not" };
type Case = readonly [what: string, facts: Partial<Facts>, level: CheckLevel, message: string];

it("a cluster in which all is well", () => {
  const results = runChecks(wellFacts(certificates));
  expect(results.map(({ check }) => check)).toEqual([
    "API server",
    "Fluid's kinds",
    "replicas",
    "Service",
    "registration",
    "caBundle",
    "certificates",
    "permissions",
    "caches",
    "namespaces",
    "plugin profile",
    "JuiceFS",
    "other webhooks",
    "other injectors",
    "policy",
  ]);
  expect(results.filter(({ level }) => level !== "ok")).toEqual([]);
});

const version = (value: string): Partial<Facts> => ({ serverVersion: { value } });
describe("API server", () => {
  it.each<Case>([
    ["new", version("v1.36.3"), "ok", "v1.36.3"],
    ["just new enough", version("v1.30.0-eks-1"), "ok", "v1.30.0-eks-1"],
    ["without conditions", version("v1.29.9"), "warning", "no matchConditions"],
    ["without native sidecars", version("v1.28.3+k3s1"), "warning", "no native sidecars"],
    ["too old", version("v1.24.17"), "error", "too old"],
    ["of the future", version("v2.0.0"), "ok", "v2.0.0"],
    ["strange", version("master"), "warning", "not understood"],
    ["unread", { serverVersion: problem }, "warning", "you may not"],
  ])("%s", (_, change, level, message) =>
    expectResult(checkApiServer, wellFacts(certificates, change), level, message),
  );
});

const kinds = (...names: string[]): Partial<Facts> => ({ fluidKinds: { value: new Set(names) } });
describe("Fluid's kinds", () => {
  it.each<Case>([
    ["some", kinds("Dataset", "JuiceFSRuntime", "DataLoad"), "ok", "Dataset; runtimes JuiceFS"],
    ["none", kinds(), "warning", "no kind Dataset"],
    ["no runtime", kinds("Dataset"), "warning", "no kind of runtime"],
    ["unread", { fluidKinds: problem }, "warning", "you may not"],
  ])("%s", (_, change, level, message) =>
    expectResult(checkFluidKinds, wellFacts(certificates, change), level, message),
  );
});

const deployment = (replicas: number, readyReplicas?: number): Partial<Facts> => ({
  deployment: { value: { spec: { replicas }, status: readyReplicas === undefined ? {} : { readyReplicas } } },
});
describe("replicas", () => {
  it.each<Case>([
    ["all", deployment(3, 3), "ok", "3 of 3 ready"],
    ["one is missing", deployment(2, 1), "warning", "1 of 2 ready"],
    ["none is ready", deployment(2), "error", "0 of 2 ready: pods that ask for data are refused"],
    ["only one is wanted", deployment(1, 1), "warning", "while it is replaced"],
    [
      "no Deployment",
      { deployment: { value: undefined } },
      "error",
      "no Deployment sluice in namespace sluice-system",
    ],
    ["unread", { deployment: problem }, "warning", "you may not"],
  ])("%s", (_, change, level, message) =>
    expectResult(checkReplicas, wellFacts(certificates, change), level, message),
  );
});

describe("Service", () => {
  it.each<Case>([
    ["one endpoint", { endpointSlices: { value: [{ endpoints: [{}] }] } }, "ok", "1 ready endpoint"],
    ["no slices", { endpointSlices: { value: [] } }, "error", "no ready endpoints"],
    [
      "none is ready",
      { endpointSlices: { value: [{ endpoints: [{ conditions: { ready: false } }] }, { endpoints: null }] } },
      "error",
      "no ready endpoints",
    ],
    ["gone", { service: { value: undefined } }, "error", "no Service sluice"],
    ["unread", { service: problem }, "warning", "you may not"],
    ["endpoints unread", { endpointSlices: problem }, "warning", "you may not"],
  ])("%s", (_, change, level, message) =>
    expectResult(checkService, wellFacts(certificates, change), level, message),
  );

  it("is not asked for where nothing is installed", () => {
    const absent = { deployment: { value: undefined }, service: { value: undefined } };
    expect(checkService(wellFacts(certificates, absent))).toBeUndefined();
  });
});

describe("permissions", () => {
  const rights = requiredRights("sluice-system", defaultConfig);
  const without = (...verbs: string[]): Partial<Facts> => ({
    rights: {
      value: rights.map((right) => ({
        right,
        allowed: !verbs.includes(`${right.verb} ${right.resource}`),
      })),
    },
  });
  it.each<Case>([
    ["all", without(), "ok", `has all ${rights.length} rights`],
    ["one is missing", without("update secrets"), "error", ":sluice may not update secrets sluice-certs"],
    ["two are missing", without("get nodes", "list datasets"), "error", "may not get nodes"],
    ["unread", { rights: problem }, "warning", "you may not"],
  ])("%s", (_, change, level, message) =>
    expectResult(checkPermissions, wellFacts(certificates, change), level, message),
  );

  it("names all that are missing", () => {
    expect(checkPermissions(wellFacts(certificates, without("get nodes", "list datasets")))?.details).toEqual(
      ["nor list datasets.data.fluid.io"],
    );
  });

  it.each([
    ["own certificates", {}, ["patch", "create", "update"]],
    ["certificates from files", { source: "files" as const }, []],
    ["files, and a caBundle of ours", { source: "files" as const, caBundle: "ours" as const }, ["patch"]],
  ])("writes with %s", (_, change, expected) => {
    const needed = requiredRights("ns", {
      ...defaultConfig,
      certificates: { ...defaultConfig.certificates, ...change },
    });
    const verbs = needed.map(({ verb }) => verb).filter((verb) => !["get", "list", "watch"].includes(verb));
    expect(verbs).toEqual(expected);
  });
});

describe("plugin profile", () => {
  const place = { namespace: "sluice-system", name: "webhook-plugins" };
  const none = { value: undefined };
  const profile = (text: string) => ({ value: { data: { pluginsProfile: text } } });
  it.each<Case>([
    ["none", {}, "ok", "none: there is no ConfigMap fluid-system/webhook-plugins"],
    [
      "a good one",
      { pluginProfile: { place, found: profile("plugins: {}"), ofFluid: none } },
      "ok",
      "is followed",
    ],
    [
      "a bad one",
      { pluginProfile: { place, found: profile("plugins: []"), ofFluid: none } },
      "warning",
      "no valid plugin profile",
    ],
    [
      "Fluid's own beside it",
      { pluginProfile: { place, found: none, ofFluid: profile("plugins: {}") } },
      "warning",
      "ConfigMap fluid-system/webhook-plugins, is not followed",
    ],
    ["unread", { pluginProfile: { place, found: problem, ofFluid: none } }, "warning", "you may not"],
  ])("%s", (_, change, level, message) =>
    expectResult(checkPluginProfile, wellFacts(certificates, change), level, message),
  );
});

describe("caches", () => {
  const replica = (page: Parameters<typeof replicaFacts>[2]) => (): Partial<Facts> => ({
    replicas: { value: [replicaFacts("sluice-a", certificates.serving, page)] },
  });
  it.each<readonly [string, () => Partial<Facts>, CheckLevel, string]>([
    ["well", replica({}), "ok", "1 replica is ready: 4 objects, last contact at most 5 s ago"],
    ["quiet for as long as a watch may be", replica({ contactAge: 300 }), "ok", "300 s ago"],
    ["stale", replica({ contactAge: 420 }), "warning", "sluice-a has not heard of nodes for 7 min"],
    ["not ready", replica({ notReady: "reading the cluster" }), "warning", "not ready: reading the cluster"],
    ["a problem", replica({ problems: { cluster: 2 } }), "warning", "something wrong with its cluster"],
    ["pods unread", () => ({ replicas: problem }), "warning", "you may not"],
    [
      "not reached",
      () => ({ replicas: { value: [{ name: "sluice-a", served: problem, ops: problem }] } }),
      "warning",
      "sluice-a could not be asked: you may not",
    ],
  ])("%s", (_, change, level, message) =>
    expectResult(checkCaches, wellFacts(certificates, change()), level, message),
  );

  it("are not told of where there are no pods", () => {
    expect(checkCaches(wellFacts(certificates, { replicas: { value: [] } }))).toBeUndefined();
  });
});

const namespaces = (...value: ReturnType<typeof labelledNamespace>[]): Partial<Facts> => ({
  labelledNamespaces: { value },
});
describe("namespaces", () => {
  const many = ["a", "b", "c", "d"].map((name) => labelledNamespace(name));
  it.each<Case>([
    ["some", namespaces(...many), "ok", "4 opted in: a, b, c, …"],
    ["none", namespaces(), "warning", "none has opted in"],
    [
      "one said no",
      namespaces(labelledNamespace("a"), labelledNamespace("b", { "sluice.io/injection": "disabled" })),
      "ok",
      "1 opted in: a",
    ],
    [
      "one meant yes",
      namespaces(labelledNamespace("a"), labelledNamespace("b", { "sluice.io/injection": "true" })),
      "warning",
      "b has sluice.io/injection=true",
    ],
    [
      "one that is restricted",
      namespaces(labelledNamespace("a", { "pod-security.kubernetes.io/enforce": "restricted" })),
      "warning",
      "a opted in, but enforces Pod Security restricted",
    ],
    [
      "one that allows all",
      namespaces(labelledNamespace("a", { "pod-security.kubernetes.io/enforce": "privileged" })),
      "ok",
      "1 opted in",
    ],
    ["unread", { labelledNamespaces: problem }, "warning", "you may not"],
  ])("%s", (_, change, level, message) =>
    expectResult(checkNamespaces, wellFacts(certificates, change), level, message),
  );
});

describe("webhooks of others", () => {
  const others = (...configurations: ReturnType<typeof otherConfiguration>[]) =>
    wellFacts(certificates, {
      configurations: { value: [registrationWith(certificates.authority.cert), ...configurations] },
      juicefs: ofJuicefs({ namespaces: { value: [labelledNamespace("lab")] } }),
    });
  const fluidService = {
    namespace: "fluid-system",
    name: "fluid",
    path: "/mutate-fluid-io-v1alpha1-schedulepod",
  };
  const juicefs = { namespace: "kube-system", name: "juicefs", path: "/juicefs/inject-v1-pod" };

  it.each([
    ["none", [], "none changes pods"],
    [
      "before and after",
      ["vault", "istio", "trivy", "aws"],
      "before Sluice aws, istio; after it trivy, vault",
    ],
  ])("are named in their order: %s", (_, names, message) =>
    expectResult(checkOtherWebhooks, others(...names.map((name) => otherConfiguration(name))), "ok", message),
  );

  it.each([
    [{ apiGroups: ["*"], resources: ["*"], operations: ["*"] }, true],
    [{ apiGroups: [""], resources: ["services", "*/*"], operations: ["UPDATE", "CREATE"] }, true],
    [{ apiGroups: [""], resources: ["pods"], operations: ["UPDATE"] }, false],
    [{ apiGroups: ["apps"], resources: ["*"], operations: ["*"] }, false],
    [{ apiGroups: [""], resources: ["pods/eviction"], operations: ["CREATE"] }, false],
    [{}, false],
  ])("count by their rule %j: %s", (rule, counts) =>
    expectResult(
      checkOtherWebhooks,
      others(otherConfiguration("other", {}, rule)),
      "ok",
      counts ? "before Sluice other" : "none",
    ),
  );

  it.each<readonly [string, ReturnType<typeof otherConfiguration>[], CheckLevel, string]>([
    ["none", [otherConfiguration("istio")], "ok", "none serves the same pods"],
    ["Fluid's, of which the handover tells", [otherConfiguration("fluid", fluidService)], "ok", "none"],
    ["JuiceFS's", [otherConfiguration("juicefs", juicefs)], "warning", "serves pods of lab too"],
  ])("that inject clients: %s", (_, configurations, level, message) =>
    expectResult(checkOtherInjectors, others(...configurations), level, message),
  );

  it("is well with JuiceFS's where no namespace asks for clients of JuiceFS", () => {
    const facts = wellFacts(certificates, {
      configurations: { value: [otherConfiguration("juicefs", juicefs)] },
    });
    expectResult(checkOtherInjectors, facts, "ok", "none");
  });
});

const binding = (spec: object): Partial<Facts> => ({ policyBinding: { value: { spec } } });
describe("policy", () => {
  const typed = {
    status: { typeChecking: { expressionWarnings: [{ fieldRef: "spec.a", warning: "no such key" }] } },
  };
  it.each<Case>([
    ["bound", {}, "ok", "refuses pods"],
    ["no binding", { policyBinding: { value: undefined } }, "warning", "no ValidatingAdmissionPolicyBinding"],
    [
      "only warns",
      binding({ policyName: "sluice", validationActions: ["Warn", "Audit"] }),
      "warning",
      "Warn and Audit",
    ],
    [
      "of another name",
      binding({ policyName: "other", validationActions: ["Deny"] }),
      "error",
      "not there: other",
    ],
    ["no policy", { policy: { value: undefined } }, "error", "names a policy that is not there"],
    ["with mistakes", { policy: { value: typed } }, "warning", "finds fault with 1 of its expressions"],
    [
      "an old API server",
      { ...version("v1.29.1"), policyBinding: { value: undefined } },
      "ok",
      "older than 1.30",
    ],
    ["unread", { policy: problem }, "warning", "you may not"],
    ["binding unread", { policyBinding: problem }, "warning", "you may not"],
  ])("%s", (_, change, level, message) =>
    expectResult(checkPolicy, wellFacts(certificates, change), level, message),
  );
});
