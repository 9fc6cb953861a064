import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { messageOf } from "../types/error-message.ts";
import type { KeyPair } from "./issue-pair.ts";
import type { ServingNames } from "./serving-names.ts";

/** Certificate files that cannot be used. The message names the file, what is wrong with it and the remedy. */
export class CertificateFilesError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CertificateFilesError";
  }
}

/**
 * Parses a certificate and its key and checks that they belong together.
 * The paths are for messages. Throws `CertificateFilesError`.
 */
export function checkPair(pair: KeyPair, certPath: string, keyPath: string): X509Certificate {
  const certificate = attempt(
    () => new X509Certificate(pair.cert),
    `${certPath} is not a PEM certificate: replace it, or remove it with its key to have a new pair made`,
  );
  const key = attempt(
    () => createPrivateKey(pair.key),
    `${keyPath} is not a PEM private key without passphrase: replace it, or remove it with its certificate to have a new pair made`,
  );
  if (!certificate.checkPrivateKey(key)) {
    throw new CertificateFilesError(
      `${keyPath} is not the key of ${certPath}: put the matching pair there, or remove both to have a new pair made`,
    );
  }
  attempt(() => createSecureContext(pair), `TLS cannot use ${certPath} with ${keyPath}`);
  return certificate;
}

/** How much of the certificate's life is left at `now` (milliseconds since 1970): 1 at its start, below 0 when over. */
export function lifeLeft(certificate: X509Certificate, now: number): number {
  const start = Date.parse(certificate.validFrom);
  const end = Date.parse(certificate.validTo);
  return (end - now) / (end - start);
}

/** Whether the certificate is good for every one of `names`. */
export function coversNames(certificate: X509Certificate, names: ServingNames): boolean {
  return (
    names.dns.every((name) => certificate.checkHost(name) !== undefined) &&
    names.ip.every((address) => certificate.checkIP(address) !== undefined)
  );
}

function attempt<T>(action: () => T, message: string): T {
  try {
    return action();
  } catch (cause) {
    const why = messageOf(cause);
    throw new CertificateFilesError(`${message} (${why})`, { cause });
  }
}
