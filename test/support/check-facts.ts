import { X509Certificate } from "node:crypto";
import { expect } from "vitest";
import { issueAuthority, issueServingPair, type KeyPair } from "../../src/certs/issue-pair.ts";
import { servingNames } from "../../src/certs/serving-names.ts";
import type { Check, CheckLevel } from "../../src/cli/check/check-result.ts";
import type { Facts, ReplicaFacts } from "../../src/cli/check/facts.ts";
import { renderedEntries } from "../../src/cli/check/registration-entries.ts";
import { requiredRights } from "../../src/cli/check/required-rights.ts";
import { fluidResources } from "../../src/cluster/api-resources.ts";
import { fieldAt, isRawObject, type RawObject } from "../../src/cluster/raw-fields.ts";
import { defaultConfig } from "../../src/config.ts";

export const checkNow = Date.now();
export const day = 86_400_000;
const namespace = "sluice-system";

/** An authority and a serving certificate of its, as replicas make them. */
export interface TestCertificates {
  readonly authority: KeyPair;
  readonly pair: KeyPair;
  readonly serving: X509Certificate;
}

/** `life` is the serving certificate's, in milliseconds from `since`. */
export async function makeTestCertificates(
  options: { since?: number; life?: number; names?: ReturnType<typeof servingNames> } = {},
): Promise<TestCertificates> {
  const { since = checkNow, life = 30 * day, names = servingNames("sluice", namespace) } = options;
  const authority = await issueAuthority(since, 365 * day);
  const pair = await issueServingPair(authority, names, since, life);
  return { authority, pair, serving: new X509Certificate(pair.cert) };
}

/** Our registration as the API server has it, with a bundle in every entry. `change` is made to each entry. */
export function registrationWith(
  caBundle: string,
  change: (entry: RawObject, index: number) => RawObject | undefined = (entry) => entry,
): RawObject & { readonly metadata: { readonly name: string } } {
  const webhooks = renderedEntries().map((entry) => ({
    ...entry,
    clientConfig: { ...objectOf(entry["clientConfig"]), caBundle: Buffer.from(caBundle).toString("base64") },
  }));
  return {
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "sluice" },
    webhooks: webhooks.flatMap((entry, index) => change(entry, index) ?? []),
  };
}

export function replicaFacts(
  name: string,
  serving: X509Certificate,
  page: Partial<OpsPage> = {},
): ReplicaFacts {
  const { notReady, contactAge = 5, problems = {} } = page;
  const metrics = [
    ...["nodes", "datasets.data.fluid.io"].map((resource) => ({
      name: "sluice_watch_last_contact_timestamp_seconds",
      labels: { resource },
      value: checkNow / 1000 - contactAge,
    })),
    ...["Node", "Dataset"].map((kind) => ({ name: "sluice_cluster_objects", labels: { kind }, value: 2 })),
    ...Object.entries({ cluster: 0, ...problems }).map(([what, value]) => ({
      name: "sluice_problems",
      labels: { with: what },
      value,
    })),
  ];
  return {
    name,
    served: { value: { serving, intermediates: [] } },
    ops: { value: { notReady, metrics, now: checkNow } },
  };
}

interface OpsPage {
  readonly notReady: string;
  /** Seconds. */
  readonly contactAge: number;
  readonly problems: Readonly<Record<string, number>>;
}

/** A cluster in which all is well. */
export function wellFacts({ authority, serving }: TestCertificates, change: Partial<Facts> = {}): Facts {
  const { certificates, pluginProfile } = defaultConfig;
  return {
    now: checkNow,
    namespace,
    serverVersion: { value: "v1.33.2" },
    fluidKinds: { value: new Set(fluidResources.map(({ kind }) => kind)) },
    configurations: { value: [registrationWith(authority.cert)] },
    deployment: { value: { spec: { replicas: 2 }, status: { readyReplicas: 2 } } },
    service: { value: { metadata: { name: "sluice" } } },
    endpointSlices: {
      value: [{ endpoints: [{ conditions: { ready: true } }, { conditions: { ready: true } }] }],
    },
    certificates,
    replicas: { value: [replicaFacts("sluice-a", serving), replicaFacts("sluice-b", serving)] },
    rights: { value: requiredRights(namespace, defaultConfig).map((right) => ({ right, allowed: true })) },
    account: "system:serviceaccount:sluice-system:sluice",
    labelledNamespaces: { value: [labelledNamespace("research")] },
    fluidPods: { value: [] },
    pluginProfile: { place: pluginProfile, found: { value: undefined }, ofFluid: { value: undefined } },
    juicefs: ofJuicefs({}),
    controllers: {
      enabled: false,
      deployment: { value: undefined },
      lease: { value: undefined },
      pods: { value: [] },
    },
    policy: { value: { metadata: { name: "sluice" } } },
    policyBinding: { value: { spec: { policyName: "sluice", validationActions: ["Deny"] } } },
    ...change,
  };
}

export function labelledNamespace(name: string, labels: Readonly<Record<string, string>> = {}): RawObject {
  return { metadata: { name, labels: { "sluice.io/injection": "enabled", ...labels } } };
}

/** A webhook of somebody else that changes new pods. */
export function otherConfiguration(
  name: string,
  service: RawObject = { namespace: name, name, path: "/" },
  rule: RawObject = { apiGroups: [""], resources: ["pods"], operations: ["CREATE"] },
): RawObject {
  return {
    metadata: { name },
    webhooks: [{ name: `${name}.example`, clientConfig: { service }, rules: [rule] }],
  };
}

/** The mapping at `path`, empty where there is none. */
function objectOf(value: unknown, ...path: readonly string[]): RawObject {
  const found = fieldAt(value, ...path) ?? value;
  return isRawObject(found) ? found : {};
}

/** What is known of JuiceFS where nobody asks for it, but for `change`. */
export const ofJuicefs = (change: Partial<Facts["juicefs"]>): Facts["juicefs"] => ({
  config: defaultConfig.juicefs,
  driverConfig: { value: undefined },
  namespaces: { value: [] },
  secrets: { value: [] },
  volumes: { value: [] },
  ...change,
});

/** What is not `ok` has a remedy, and no message is longer than a person reads. */
export function expectResult(check: Check, facts: Facts, level: CheckLevel, message: string): void {
  const result = check(facts);
  expect(result).toMatchObject({ level, message: expect.stringContaining(message) });
  expect(result?.message.length).toBeLessThan(200);
  if (level === "ok") expect(result?.remedy).toBeUndefined();
  else expect(result?.remedy).not.toBe("");
}
