import { X509Certificate } from "node:crypto";
import type { ClusterWriter } from "../cluster/cluster-writer.ts";
import { aborted } from "./aborted.ts";
import type { TrustNeeds } from "./bundle-check.ts";
import { CaBundleKeeper, type CaBundleKeeperOptions } from "./ca-bundle-keeper.ts";
import { CertificateSecret, type SecretName } from "./certificate-secret.ts";
import type { CertificateSource } from "./certificate-source.ts";
import { OwnCertificates, type OwnCertificatesOptions } from "./own-certificates.ts";
import { readBundle } from "./pem-bundle.ts";
import { WebhookRegistration } from "./webhook-registration.ts";

export interface TrustOptions
  extends Pick<CaBundleKeeperOptions, "overlapMs" | "now" | "elapsed" | "pollMs" | "report"> {
  readonly writer: ClusterWriter;
  /** The MutatingWebhookConfiguration's name. */
  readonly registration: string;
  /** The ValidatingWebhookConfiguration's, where there is one. Nothing waits for it. */
  readonly validation?: string | undefined;
  /** Who keeps its caBundle right; `none`: it is not even looked at. */
  readonly caBundle: "ours" | "external" | "none";
}

export interface OwnSourceOptions
  extends TrustOptions,
    Pick<OwnCertificatesOptions, "names" | "lives" | "jitter"> {
  readonly secret: SecretName;
}

/** A certificate to serve with, and what makes the API server trust it. */
export interface ClusterCertificates {
  readonly source: CertificateSource;
  /** Of the registration for pods; undefined where nobody looks at it. */
  readonly keeper: CaBundleKeeper | undefined;
  /** When the authority that signs expires, where it is ours. */
  authorityExpiry(): Date | undefined;
  close(): Promise<void>;
}

/**
 * Opens the certificates that replicas make for themselves and share in a Secret. Waits for as long as the Secret
 * cannot be had, of which the report is told; undefined when `signal` ended that.
 */
export async function openOwnCertificates(
  options: OwnSourceOptions,
  signal: AbortSignal,
): Promise<ClusterCertificates | undefined> {
  const waiting = new AbortController();
  const keepers = makeKeepers(options, () => own.needs);
  const [keeper] = keepers;
  const own: OwnCertificates = new OwnCertificates({
    ...options,
    secret: new CertificateSecret(options.writer, options.secret),
    isKnown: (authority) => keeper === undefined || keeper.isKnown(authority),
    onChange: () => {
      waiting.abort();
      for (const each of keepers) each.wake();
    },
  });
  const close = async () => {
    await Promise.all([own.close(), ...keepers.map((each) => each.close())]);
  };
  own.start();
  await aborted(AbortSignal.any([waiting.signal, signal]));
  if (!own.usable) {
    await close();
    return undefined;
  }
  for (const each of keepers) each.start();
  return { source: own, keeper, authorityExpiry: () => own.authorityExpiry, close };
}

/** Makes the API server trust certificates that come from elsewhere. `close` closes `source` too. */
export function trustCertificates(source: CertificateSource, options: TrustOptions): ClusterCertificates {
  const keepers = makeKeepers(options, () => needsOf(source));
  source.onChange(() => {
    for (const each of keepers) each.wake();
  });
  for (const each of keepers) each.start();
  return {
    source,
    keeper: keepers[0],
    authorityExpiry: () => undefined,
    close: async () => {
      source.close();
      await Promise.all(keepers.map((each) => each.close()));
    },
  };
}

/** That of the registration for pods first; none where nobody looks at them. */
function makeKeepers(
  { caBundle, registration, validation, writer, ...options }: TrustOptions,
  needs: () => TrustNeeds | undefined,
): CaBundleKeeper[] {
  if (caBundle === "none") return [];
  const registrations = [new WebhookRegistration(writer, registration)];
  if (validation !== undefined)
    registrations.push(new WebhookRegistration(writer, validation, "ValidatingWebhookConfiguration"));
  return registrations.map((each) => new CaBundleKeeper({ ...options, caBundle, needs, registration: each }));
}

function needsOf(source: CertificateSource): TrustNeeds {
  const { cert, ca } = source.current;
  const [serving = new X509Certificate(cert), ...intermediates] = readBundle(cert);
  return { serving, intermediates, authorities: ca === undefined ? [] : readBundle(ca) };
}
