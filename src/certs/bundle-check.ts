import type { X509Certificate } from "node:crypto";
import { distinct, hasSigned, includes, isValid, readBundle } from "./pem-bundle.ts";

/** What is wrong with one caBundle, measured by what it has to hold. */
export interface BundleCheck {
  /** The certificates that it holds; undefined where it is empty or something else stands there. */
  readonly present: readonly X509Certificate[] | undefined;
  readonly missing: readonly X509Certificate[];
  /** Certificates that nobody here needs. */
  readonly extra: readonly X509Certificate[];
}

/** Holds a registration's caBundle, in PEM, against the authorities that it needs. */
export function checkBundle(caBundle: string, needed: readonly X509Certificate[]): BundleCheck {
  const present = readOrUndefined(caBundle);
  return {
    present,
    missing: needed.filter((authority) => !includes(present ?? [], authority)),
    extra: (present ?? []).filter((certificate) => !includes(needed, certificate)),
  };
}

/**
 * What to put there so that nothing is missing. Extra authorities stay at first, for another replica may still serve by
 * one that this replica does not know of; what is not valid at `now`, in milliseconds since 1970, goes.
 */
export function completed(
  check: BundleCheck,
  needed: readonly X509Certificate[],
  now: number,
): X509Certificate[] {
  return distinct([...needed, ...check.extra.filter((one) => one.ca && isValid(one, now))]);
}

/** What has to be trusted. */
export interface TrustNeeds {
  /** What the bundle has to hold. */
  readonly authorities: readonly X509Certificate[];
  readonly serving: X509Certificate;
  /** Sent along with `serving`. */
  readonly intermediates?: readonly X509Certificate[];
}

/** Whether who holds `bundle` trusts what is served at `now`, in milliseconds since 1970. */
export function trusts(
  bundle: readonly X509Certificate[] | undefined,
  { serving, intermediates = [] }: Omit<TrustNeeds, "authorities">,
  now: number,
): boolean {
  let certificate: X509Certificate | undefined = serving;
  for (let step = 0; certificate !== undefined && step <= intermediates.length; step++) {
    const signed: X509Certificate = certificate;
    if (!isValid(signed, now)) return false;
    if (bundle?.some((authority) => isValid(authority, now) && hasSigned(authority, signed))) return true;
    certificate = intermediates.find((authority) => hasSigned(authority, signed));
  }
  return false;
}

function readOrUndefined(caBundle: string): X509Certificate[] | undefined {
  if (caBundle === "") return undefined;
  try {
    return readBundle(caBundle);
  } catch {
    return undefined;
  }
}
