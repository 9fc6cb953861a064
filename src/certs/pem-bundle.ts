import { X509Certificate } from "node:crypto";

const block = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** The certificates of a PEM text, each once. Throws when anything but certificates stands there. */
export function readBundle(pem: string): X509Certificate[] {
  if (pem.replace(block, "").trim() !== "") throw new Error("it holds something that is no PEM certificate");
  return distinct([...pem.matchAll(block)].map(([text]) => new X509Certificate(text)));
}

/** As `readBundle` takes it, in PEM. */
export function writeBundle(certificates: readonly X509Certificate[]): string {
  return certificates.map((certificate) => `${certificate.toString().trim()}\n`).join("");
}

/** The same certificates in the same order, each once. */
export function distinct(certificates: readonly X509Certificate[]): X509Certificate[] {
  return [...new Map(certificates.map((one) => [one.fingerprint256, one])).values()];
}

/** Whether that very certificate is among them, not another of the same key or name. */
export function includes(bundle: readonly X509Certificate[], certificate: X509Certificate): boolean {
  return bundle.some(({ fingerprint256 }) => fingerprint256 === certificate.fingerprint256);
}

/** Whether `authority` has signed `certificate`. */
export function hasSigned(authority: X509Certificate, certificate: X509Certificate): boolean {
  return authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/** In milliseconds since 1970. */
export function expiresAt(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}

/** Whether the certificate is valid at `now`, in milliseconds since 1970. */
export function isValid(certificate: X509Certificate, now: number): boolean {
  return Date.parse(certificate.validFrom) <= now && now < expiresAt(certificate);
}
