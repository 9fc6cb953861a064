import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { messageOf } from "../types/error-message.ts";
import type { KeyPair } from "./issue-pair.ts";
import { hasSigned, readBundle, writeBundle } from "./pem-bundle.ts";

/** A certificate with its key, as PEM and as Node.js reads it. */
export interface ParsedPair {
  readonly pair: KeyPair;
  readonly parsed: X509Certificate;
}

/** All that the replicas share: what is served, and which authorities callers have to trust for it. */
export interface CertificateSet {
  /** Every authority in use or about to be, the one that signs first. */
  readonly bundle: readonly X509Certificate[];
  readonly authority: ParsedPair;
  /** The authority that will sign once every API server has had time to see it. */
  readonly next?: ParsedPair;
  readonly serving: ParsedPair;
  /** Serving certificates of before that may still be in use: their authorities stay in the bundle for so long. */
  readonly former: readonly X509Certificate[];
}

/** The keys of the Secret. All values are PEM. */
const keys = {
  bundle: "ca.crt",
  authority: "ca.key",
  next: "next-ca.key",
  serving: "tls.crt",
  servingKey: "tls.key",
  former: "former-tls.crt",
} as const;

/** What the Secret holds cannot be used; the message says why, beginning with the key. */
export class UnsoundSetError extends Error {
  override readonly name = "UnsoundSetError";
}

/** Reads what the replicas share. Throws `UnsoundSetError` when a part is missing or does not belong to the others. */
export function readCertificateSet(data: Readonly<Record<string, string>>): CertificateSet {
  const bundle = attempt(keys.bundle, () => readBundle(required(data, keys.bundle)));
  const authority = authorityOf(bundle, required(data, keys.authority), keys.authority);
  const nextKey = data[keys.next];
  const serving = servingOf(required(data, keys.serving), required(data, keys.servingKey));
  if (!hasSigned(authority.parsed, serving.parsed)) {
    throw new UnsoundSetError(`${keys.serving} is not signed by the authority of ${keys.authority}`);
  }
  return {
    bundle,
    authority,
    serving,
    ...(nextKey === undefined ? {} : { next: authorityOf(bundle, nextKey, keys.next) }),
    former: attempt(keys.former, () => readBundle(data[keys.former] ?? "")),
  };
}

/** The Secret's data for `set`: those keys that it does not need are undefined. */
export function certificateSetData(set: CertificateSet): Record<string, string | undefined> {
  return {
    [keys.bundle]: writeBundle(set.bundle),
    [keys.authority]: set.authority.pair.key,
    [keys.next]: set.next?.pair.key,
    [keys.serving]: set.serving.pair.cert,
    [keys.servingKey]: set.serving.pair.key,
    [keys.former]: set.former.length === 0 ? undefined : writeBundle(set.former),
  };
}

/** Throws where the certificate cannot be read. */
export function parsedPair(pair: KeyPair): ParsedPair {
  return { pair, parsed: new X509Certificate(pair.cert) };
}

function required(data: Readonly<Record<string, string>>, key: string): string {
  const text = data[key];
  if (text === undefined || text.trim() === "") throw new UnsoundSetError(`${key} is missing`);
  return text;
}

function authorityOf(bundle: readonly X509Certificate[], key: string, name: string): ParsedPair {
  const parsedKey = attempt(name, () => createPrivateKey(key));
  const parsed = bundle.find((certificate) => certificate.checkPrivateKey(parsedKey));
  if (parsed === undefined) {
    throw new UnsoundSetError(`${name} is the key of no certificate in ${keys.bundle}`);
  }
  if (!parsed.ca) throw new UnsoundSetError(`${keys.bundle} holds a certificate that is no authority`);
  return { pair: { cert: `${parsed.toString().trim()}\n`, key }, parsed };
}

function servingOf(cert: string, key: string): ParsedPair {
  const parsed = attempt(keys.serving, () => new X509Certificate(cert));
  const parsedKey = attempt(keys.servingKey, () => createPrivateKey(key));
  if (!parsed.checkPrivateKey(parsedKey)) {
    throw new UnsoundSetError(`${keys.servingKey} is not the key of ${keys.serving}`);
  }
  attempt(keys.serving, () => createSecureContext({ cert, key }));
  return { pair: { cert, key }, parsed };
}

function attempt<T>(key: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new UnsoundSetError(`${key} cannot be read (${messageOf(cause)})`, { cause });
  }
}
