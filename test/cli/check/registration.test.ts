import { beforeAll, describe, expect, it } from "vitest";
import { checkCaBundle } from "../../../src/cli/check/check-ca-bundle.ts";
import { checkCertificates } from "../../../src/cli/check/check-certificates.ts";
import { checkRegistration } from "../../../src/cli/check/check-registration.ts";
import type { CheckLevel } from "../../../src/cli/check/check-result.ts";
import type { Facts } from "../../../src/cli/check/facts.ts";
import { renderedEntries } from "../../../src/cli/check/registration-entries.ts";
import { fieldAt, isRawObject, objectsAt, type RawObject, textsAt } from "../../../src/cluster/raw-fields.ts";
import { defaultConfig } from "../../../src/config.ts";
import {
  checkNow,
  day,
  makeTestCertificates,
  registrationWith,
  replicaFacts,
  type TestCertificates,
  wellFacts,
} from "../../support/check-facts.ts";

let certificates: TestCertificates;
let stranger: TestCertificates;
beforeAll(async () => {
  [certificates, stranger] = await Promise.all([makeTestCertificates(), makeTestCertificates()]);
});

type Change = (entry: RawObject, index: number) => RawObject | undefined;

function withEntries(change: Change, more: Partial<Facts> = {}): Facts {
  const configurations = { value: [registrationWith(certificates.authority.cert, change)] };
  return wellFacts(certificates, { configurations, ...more });
}

/** The first entry with other fields. */
const first =
  (fields: RawObject): Change =>
  (entry, index) =>
    index === 0 ? { ...entry, ...fields } : entry;

/** All entries with changed expressions of a selector. */
const expressions =
  (selector: string, change: (all: RawObject[]) => RawObject[]): Change =>
  (entry) => ({
    ...entry,
    [selector]: { matchExpressions: change(objectsAt(entry, selector, "matchExpressions")) },
  });

const keyIs = (key: string) => (one: RawObject) => one["key"] === key;
const service = { name: "sluice", namespace: "sluice-system", path: "/mutate" };

const isByName = keyIs("kubernetes.io/metadata.name");

describe("registration", () => {
  it("has eight entries in the manifest", () => expect(renderedEntries()).toHaveLength(8));

  it.each<readonly [string, Change, CheckLevel, string]>([
    ["as rendered", (entry) => entry, "ok", "8 entries as rendered"],
    [
      "an entry is missing",
      (entry, index) => (index === 1 ? undefined : entry),
      "error",
      "entry pod.sluice.io is missing",
    ],
    [
      "the one for pods without claims is missing",
      (entry) => (entry["failurePolicy"] === "Ignore" ? undefined : entry),
      "ok",
      "7 entries",
    ],
    [
      "those for JuiceFS are missing",
      (entry) => (String(entry["name"]).endsWith(".juicefs.sluice.io") ? undefined : entry),
      "ok",
      "6 entries",
    ],
    [
      "the one for pods without claims refuses",
      (entry) => ({ ...entry, failurePolicy: "Fail" }),
      "warning",
      "no-claim.serverful.fluid.sluice.io refuses pods that have no dataset",
    ],
    ["an entry too many", first({ name: "pods.sluice.io" }), "error", "entry namespace.sluice.io is missing"],
    [
      "Ignore",
      first({ failurePolicy: "Ignore" }),
      "warning",
      "namespace.sluice.io lets pods in without their data",
    ],
    [
      "another Service",
      first({ clientConfig: { service: { ...service, name: "other" } } }),
      "error",
      "calls sluice-system/other:443/mutate",
    ],
    [
      "another port",
      first({ clientConfig: { service: { ...service, port: 8443 } } }),
      "error",
      ":8443/mutate",
    ],
    ["the default port", first({ clientConfig: { service } }), "ok", "8 entries"],
    ["a URL", first({ clientConfig: { url: "https://elsewhere" } }), "error", "calls https://elsewhere"],
    ["other rules", first({ rules: [] }), "error", "other rules"],
    [
      "keys in another order",
      first({
        rules: [
          {
            scope: "Namespaced",
            resources: ["pods"],
            operations: ["CREATE"],
            apiVersions: ["v1"],
            apiGroups: [""],
          },
        ],
      }),
      "ok",
      "8 entries",
    ],
    [
      "no way out",
      expressions("objectSelector", (all) =>
        all.filter(
          (one) => !textsAt(one, "values").includes("false") || one["key"] !== "fluid.io/enable-injection",
        ),
      ),
      "warning",
      "opt out by fluid.io/enable-injection",
    ],
    ["all pods", (entry) => ({ ...entry, objectSelector: {} }), "error", "selects other pods"],
    [
      "a selector more",
      expressions("objectSelector", (all) => [...all, { key: "a", operator: "Exists" }]),
      "error",
      "selects other pods",
    ],
    [
      "another order of selectors",
      expressions("objectSelector", (all) => [...all].reverse()),
      "ok",
      "8 entries",
    ],
    [
      "all namespaces",
      expressions("namespaceSelector", (all) => all.filter((one) => !keyIs("sluice.io/injection")(one))),
      "error",
      "selects other namespaces",
    ],
    [
      "kube-system too",
      expressions("namespaceSelector", (all) =>
        all.map((one) => (!isByName(one) ? one : { ...one, values: ["sluice-system"] })),
      ),
      "warning",
      "does not leave out namespace kube-system",
    ],
    [
      "itself too",
      expressions("namespaceSelector", (all) =>
        all.map((one) => (!isByName(one) ? one : { ...one, values: ["kube-system"] })),
      ),
      "error",
      "does not leave out namespace sluice-system",
    ],
    [
      "more namespaces left out",
      expressions("namespaceSelector", (all) =>
        all.map((one) => (!isByName(one) ? one : { ...one, values: ["kube-system", "sluice-system", "x"] })),
      ),
      "ok",
      "8 entries",
    ],
    ["side effects", first({ sideEffects: "Unknown" }), "error", "sideEffects: None"],
    [
      "no review version",
      first({ admissionReviewVersions: ["v1beta1"] }),
      "error",
      "admissionReviewVersions v1",
    ],
    ["called once", first({ reinvocationPolicy: "Never" }), "warning", "is not called again"],
    ["no time", first({ timeoutSeconds: 1 }), "warning", "gives up after 1 s"],
    ["much time", first({ timeoutSeconds: 30 }), "ok", "8 entries"],
    ["no conditions", first({ matchConditions: [] }), "warning", "no matchConditions"],
    [
      "other conditions",
      first({ matchConditions: [{ name: "a", expression: "true" }] }),
      "warning",
      "other matchConditions",
    ],
    [
      "the chart's further condition",
      (entry) => ({
        ...entry,
        matchConditions: objectsAt(entry, "matchConditions").map((one) => ({
          ...one,
          expression: `${one["expression"]} ||\n  (has(object.metadata.labels))`,
        })),
      }),
      "ok",
      "8 entries",
    ],
  ])("%s", (_, change, level, message) => {
    const result = checkRegistration(withEntries(change));
    expect(result).toMatchObject({ level, message: expect.stringContaining(message) });
    expect(result.remedy === undefined).toBe(level === "ok");
  });

  it("needs no conditions on an API server that does not know them", () => {
    const old = { serverVersion: { value: "v1.29.0" } };
    const bare = withEntries((entry) => ({ ...entry, matchConditions: undefined }), old);
    expect(checkRegistration(bare).level).toBe("ok");
  });

  it("names all that is wrong", () => {
    const result = checkRegistration(withEntries((entry) => ({ ...entry, failurePolicy: "Ignore" })));
    expect(result.details).toHaveLength(6);
  });

  it.each([
    [{ value: [] }, "there is no MutatingWebhookConfiguration sluice"],
    [{ problem: "you may not list it" }, "cannot be read: you may not list it"],
  ])("%j is an error", (configurations, message) =>
    expect(checkRegistration(wellFacts(certificates, { configurations }))).toMatchObject({
      level: "error",
      message: expect.stringContaining(message),
    }),
  );
});

const serving = (...chains: TestCertificates[]) => ({
  replicas: { value: chains.map((chain, index) => replicaFacts(`sluice-${index}`, chain.serving)) },
});
const unreached = {
  replicas: {
    value: [{ name: "sluice-0", served: { problem: "no kubelet" }, ops: { problem: "no kubelet" } }],
  },
};

describe("caBundle", () => {
  it.each<readonly [string, () => Facts, CheckLevel | undefined, string]>([
    ["trusts all", () => wellFacts(certificates), "ok", "each of 2 replicas"],
    [
      "does not trust one",
      () => wellFacts(certificates, serving(certificates, stranger)),
      "error",
      "what sluice-1 serves is not trusted by the caBundle of any entry",
    ],
    [
      "is empty",
      () => withEntries((entry) => ({ ...entry, clientConfig: { service } })),
      "error",
      "namespace.sluice.io has no caBundle",
    ],
    [
      "is rubbish",
      () => withEntries(first({ clientConfig: { service, caBundle: "Z2FyYmFnZQ==" } })),
      "error",
      "no PEM certificate",
    ],
    [
      "is another's in one entry",
      () => withEntries((entry, index) => (index === 2 ? bundled(entry, stranger.authority.cert) : entry)),
      "error",
      "of serverless.fluid.sluice.io",
    ],
    [
      "holds both authorities",
      () =>
        wellFacts(certificates, {
          configurations: {
            value: [registrationWith(stranger.authority.cert + certificates.authority.cert)],
          },
          ...serving(certificates, stranger),
        }),
      "ok",
      "each of 2",
    ],
    [
      "no replica reached, no Secret",
      () => wellFacts(certificates, unreached),
      "warning",
      "no replica could be asked what it serves: no kubelet",
    ],
    [
      "no replica reached, by the Secret",
      () =>
        wellFacts(certificates, {
          ...unreached,
          storedCertificate: { value: { serving: certificates.serving, intermediates: [] } },
        }),
      "warning",
      "trusts the certificate in Secret sluice-certs",
    ],
    [
      "no replica reached, another in the Secret",
      () =>
        wellFacts(certificates, {
          ...unreached,
          storedCertificate: { value: { serving: stranger.serving, intermediates: [] } },
        }),
      "error",
      "in Secret sluice-certs is not trusted",
    ],
    [
      "one replica not reached",
      () =>
        wellFacts(certificates, {
          replicas: { value: [...serving(certificates).replicas.value, ...unreached.replicas.value] },
        }),
      "warning",
      "sluice-0 could not be asked",
    ],
    [
      "pods unread",
      () => wellFacts(certificates, { replicas: { problem: "you may not" } }),
      "warning",
      "you may not",
    ],
    ["no registration", () => wellFacts(certificates, { configurations: { value: [] } }), undefined, ""],
  ])("%s", (_, facts, level, message) => {
    const result = checkCaBundle(facts());
    if (level === undefined) expect(result).toBeUndefined();
    else expect(result).toMatchObject({ level, message: expect.stringContaining(message) });
  });

  it("finds a certificate for another name", async () => {
    const other = await makeTestCertificates({ names: { dns: ["other.svc"], ip: [] } });
    expect(checkCaBundle(wellFacts(other))).toMatchObject({
      level: "error",
      message: "what sluice-a serves is not made out to sluice.sluice-system.svc",
    });
  });

  it("names who keeps it", () => {
    const files = { ...defaultConfig.certificates, source: "files" as const };
    const result = (change: Partial<Facts>) =>
      checkCaBundle(wellFacts(certificates, { ...serving(stranger), ...change }))?.remedy;
    expect(result({})).toContain("logs deployment/sluice");
    expect(result({ certificates: files })).toContain("cert-manager");
    expect(result({ certificates: { ...files, caBundle: "ours" } })).toContain("logs deployment/sluice");
  });
});

describe("certificates", () => {
  const at = (days: number) => ({ now: checkNow + days * day });
  it.each<readonly [string, number, number, CheckLevel, string]>([
    ["fresh", 30, 0.1, "ok", "valid for 29 days"],
    ["about to be renewed", 30, 20.9, "ok", "valid for 9 days"],
    ["not renewed", 30, 23.9, "warning", "the serving certificate expires in 6 days and was not renewed"],
    ["expired", 30, 31, "error", "the serving certificate has expired 24 hours ago"],
    ["not valid yet", 30, -2, "error", "is not valid yet"],
    ["of a day", 1, 0.7, "ok", "valid for 7 hours"],
    ["of a day, not renewed", 1, 0.9, "warning", "expires in 2 hours"],
    ["of long life", 360, 289.9, "ok", "valid for 70 days"],
    ["of long life, soon over", 360, 304.9, "warning", "expires in 55 days"],
  ])("%s", async (_, life, age, level, message) => {
    const made = await makeTestCertificates({ life: life * day });
    expect(checkCertificates(wellFacts(made, at(age)))).toMatchObject({
      level,
      message: expect.stringContaining(message),
    });
  });

  it("looks at the authority as well", async () => {
    const old = await makeTestCertificates({ since: checkNow - 340 * day, life: 364 * day });
    const facts = wellFacts(old);
    expect(checkCertificates(facts)?.details).toEqual([
      "its authority expires in 24 days and was not renewed",
    ]);
  });

  it("says nothing where none was seen", () =>
    expect(checkCertificates(wellFacts(certificates, unreached))).toBeUndefined());

  it("looks at the one in the Secret where no replica is reached", () => {
    const storedCertificate = { value: { serving: certificates.serving, intermediates: [] } };
    expect(checkCertificates(wellFacts(certificates, { ...unreached, storedCertificate }))?.level).toBe("ok");
  });
});

function bundled(entry: RawObject, caBundle: string): RawObject {
  const config = fieldAt(entry, "clientConfig");
  const value = Buffer.from(caBundle).toString("base64");
  return { ...entry, clientConfig: { ...(isRawObject(config) ? config : {}), caBundle: value } };
}
