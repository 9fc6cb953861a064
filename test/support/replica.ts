import { X509Certificate } from "node:crypto";
import type { TrustNeeds } from "../../src/certs/bundle-check.ts";
import { type ClusterCertificates, openOwnCertificates } from "../../src/certs/cluster-certificates.ts";
import { readBundle } from "../../src/certs/pem-bundle.ts";
import { servingNames } from "../../src/certs/serving-names.ts";
import { openClusterWriter } from "../../src/cluster/cluster-writer.ts";
import { textMapAt } from "../../src/cluster/raw-fields.ts";
import type { FakeApiServer } from "./fake-api-server.ts";
import type { Closing } from "./live-cluster.ts";

export const day = 86_400_000;
export const overlapMs = 60_000;

/** Two clocks that go on when they are told to: the wall clock, which may jump, and the one that is never set. */
export class Clocks {
  wall = Date.now();
  steady = 0;

  /** Time goes by. */
  pass(ms: number): void {
    this.wall += ms;
    this.steady += ms;
  }
}

/** The certificates of one replica, with what it told. */
export interface Replica {
  readonly certificates: ClusterCertificates;
  readonly problems: Readonly<Record<string, string | undefined>>;
  readonly told: readonly string[];
  readonly actions: readonly string[];
  /** Fingerprint of what is served. */
  served(): string;
  needs(): TrustNeeds;
  close(): Promise<void>;
}

export interface ReplicaOptions {
  readonly clocks: Clocks;
  readonly caBundle?: "ours" | "external" | "none";
  readonly jitter?: number;
  readonly service?: string;
  readonly validation?: string;
  readonly lives?: { readonly serving: number; readonly authority: number };
  readonly signal?: AbortSignal;
  readonly told?: string[];
}

const defaultLives = { serving: 30 * day, authority: 365 * day };

export async function startReplica(
  closing: Closing,
  api: FakeApiServer,
  { clocks, told = [], ...options }: ReplicaOptions,
): Promise<Replica> {
  const problems: Record<string, string | undefined> = {};
  const actions: string[] = [];
  const writer = await openClusterWriter({ kubeconfig: api.kubeconfig });
  closing.add(async () => writer.close());
  const certificates = await openOwnCertificates(
    {
      writer,
      registration: "sluice",
      validation: options.validation,
      caBundle: options.caBundle ?? "ours",
      secret: { namespace: "sluice-system", name: "sluice-certs" },
      names: servingNames(options.service ?? "sluice", "sluice-system"),
      lives: options.lives ?? defaultLives,
      overlapMs,
      jitter: options.jitter ?? 0,
      pollMs: 20,
      now: () => clocks.wall,
      elapsed: () => clocks.steady,
      report: {
        problem: (subject, message) => {
          problems[subject] = message;
          told.push(`${subject}: ${message ?? "well"}`);
        },
        action: (action) => actions.push(action),
      },
    },
    options.signal ?? new AbortController().signal,
  );
  if (certificates === undefined) throw new Error("the replica was ended before it had a certificate");
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= certificates.close();
    return closed;
  };
  closing.add(close);
  const serving = () => new X509Certificate(certificates.source.current.cert);
  return {
    certificates,
    problems,
    told,
    actions,
    served: () => serving().fingerprint256,
    needs: () => ({ serving: serving(), authorities: readBundle(certificates.source.current.ca ?? "") }),
    close,
  };
}

/** Our MutatingWebhookConfiguration as the chart makes it, without a caBundle. */
export function registration(...caBundles: (string | undefined)[]) {
  const bundles = caBundles.length === 0 ? [undefined, undefined] : caBundles;
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: "sluice", labels: { app: "sluice" } },
    webhooks: bundles.map((caBundle, index) => ({
      name: `w${index}.sluice.io`,
      clientConfig: {
        service: { name: "sluice", namespace: "sluice-system", path: "/mutate" },
        ...(caBundle === undefined ? {} : { caBundle: base64(caBundle) }),
      },
      failurePolicy: "Fail",
    })),
  };
}

export const register = (api: FakeApiServer, ...caBundles: (string | undefined)[]) =>
  api.store.put("mutatingwebhookconfigurations", registration(...caBundles));

/** What stands in the caBundle of each webhook now. */
export function caBundles(api: FakeApiServer): string[] {
  const found = api.store.find("mutatingwebhookconfigurations", "sluice");
  const webhooks = found?.["webhooks"];
  if (!Array.isArray(webhooks)) return [];
  return webhooks.map(({ clientConfig }) => Buffer.from(clientConfig.caBundle ?? "", "base64").toString());
}

/** Fingerprints of the caBundle, which has to be the same in all webhooks. */
export function trusted(api: FakeApiServer): string[] {
  const [first = "", ...others] = caBundles(api);
  if (others.some((other) => other !== first)) return ["the webhooks differ"];
  return readBundle(first).map(({ fingerprint256 }) => fingerprint256);
}

/** What is in the Secret, decoded. */
export function secretData(api: FakeApiServer): Record<string, string> {
  const found = api.store.find("secrets", "sluice-certs", "sluice-system");
  const entries = Object.entries(textMapAt(found, "data"));
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, "base64").toString()]));
}

/** Puts other data into the Secret; keys that are undefined are removed. */
export function changeSecret(api: FakeApiServer, data: Record<string, string | undefined>): void {
  const found = api.store.find("secrets", "sluice-certs", "sluice-system");
  if (found === undefined) throw new Error("there is no Secret");
  const changed = Object.entries({ ...secretData(api), ...data }).flatMap(([key, text]) =>
    text === undefined ? [] : [[key, base64(text)]],
  );
  api.store.put("secrets", { ...found, data: Object.fromEntries(changed) });
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
