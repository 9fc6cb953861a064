import type { X509Certificate } from "node:crypto";
import type { CertificateSet, ParsedPair } from "./certificate-set.ts";
import type { ServingCertificate } from "./certificate-source.ts";
import { expiresAt, isValid } from "./pem-bundle.ts";

/** A pair and the authority by which it is trusted. */
export interface Served extends ParsedPair {
  readonly authority: X509Certificate;
  /** Made by this replica for itself, as the Secret could not be written. */
  readonly stopgap: boolean;
}

/** What this replica serves now, and who wants to know of it. */
export class ServedCertificate {
  readonly #listeners: ((certificate: ServingCertificate) => void)[] = [];
  #served: Served | undefined;

  /** Undefined until there is something to serve. */
  get now(): Served | undefined {
    return this.#served;
  }

  /** Calls `listener` each time another certificate is served, the first one among them. */
  onChange(listener: (certificate: ServingCertificate) => void): void {
    this.#listeners.push(listener);
  }

  /** Serves `next` from now on; what is served already changes nothing. */
  serve(next: Served): void {
    if (next.pair.cert === this.#served?.pair.cert) return;
    this.#served = next;
    for (const listener of this.#listeners) listener(servingCertificate(next));
  }

  /**
   * Whether the pair of `set` is to be served: not before the API servers trust it, unless what is served now is worth
   * nothing any more. A stopgap stays until there is one that lasts longer than `scarceMs`. `now` is in milliseconds
   * since 1970.
   */
  isSucceededBy(
    set: CertificateSet,
    now: number,
    isKnown: (authority: X509Certificate) => boolean,
    scarceMs: number,
  ): boolean {
    const served = this.#served;
    if (served === undefined || !isValid(served.parsed, now)) return true;
    const authority = set.authority.parsed;
    if (served.authority.fingerprint256 !== authority.fingerprint256) return isKnown(authority);
    return !served.stopgap || expiresAt(set.serving.parsed) - now > scarceMs;
  }
}

/** As the server takes it, with the authority that callers have to trust. */
export function servingCertificate({ pair, parsed, authority }: Served): ServingCertificate {
  return { ...pair, ca: authority.toString(), notAfter: new Date(parsed.validTo) };
}
