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
  /** Undefined where nobody looks at the registration. */
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
  const keeper = makeKeeper(options, () => own.needs);
  const own: OwnCertificates = new OwnCertificates({
    ...options,
    secret: new CertificateSecret(options.writer, options.secret),
    isKnown: (authority) => keeper === undefined || keeper.isKnown(authority),
    onChange: () => {
      waiting.abort();
      keeper?.wake();
    },
  });
  const close = async () => {
    await Promise.all([own.close(), keeper?.close()]);
  };
  own.start();
  await aborted(AbortSignal.any([waiting.signal, signal]));
  if (!own.usable) {
    await close();
    return undefined;
  }
  keeper?.start();
  return { source: own, keeper, authorityExpiry: () => own.authorityExpiry, close };
}

/** Makes the API server trust certificates that come from elsewhere. `close` closes `source` too. */
export function trustCertificates(source: CertificateSource, options: TrustOptions): ClusterCertificates {
  const keeper = makeKeeper(options, () => needsOf(source));
  source.onChange(() => keeper?.wake());
  keeper?.start();
  return {
    source,
    keeper,
    authorityExpiry: () => undefined,
    close: async () => {
      source.close();
      await keeper?.close();
    },
  };
}

function makeKeeper(
  { caBundle, registration, writer, ...options }: TrustOptions,
  needs: () => TrustNeeds | undefined,
): CaBundleKeeper | undefined {
  if (caBundle === "none") return undefined;
  return new CaBundleKeeper({
    ...options,
    caBundle,
    needs,
    registration: new WebhookRegistration(writer, registration),
  });
}

function needsOf(source: CertificateSource): TrustNeeds {
  const { cert, ca } = source.current;
  const [serving = new X509Certificate(cert), ...intermediates] = readBundle(cert);
  return { serving, intermediates, authorities: ca === undefined ? [] : readBundle(ca) };
}
