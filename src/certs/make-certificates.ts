import type { X509Certificate } from "node:crypto";
import { type CertificateSet, parsedPair } from "./certificate-set.ts";
import { issueAuthority, issueServingPair } from "./issue-pair.ts";
import { distinct, expiresAt } from "./pem-bundle.ts";
import { type CertificateLives, type CertificateStep, neededAuthorities } from "./plan-certificates.ts";
import type { ServingNames } from "./serving-names.ts";

export interface MakeOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly names: ServingNames;
  readonly lives: CertificateLives;
}

/** A new authority and a serving certificate of it. */
export async function makeCertificateSet({ now, names, lives }: MakeOptions): Promise<CertificateSet> {
  const authority = parsedPair(await issueAuthority(now, lives.authority));
  const serving = parsedPair(await issueServingPair(authority.pair, names, now, lives.serving));
  return { bundle: [authority.parsed], authority, serving, former: [] };
}

/** `set` after a step, without what is no longer needed. */
export async function takeStep(
  set: CertificateSet,
  step: Exclude<CertificateStep, "keep">,
  options: MakeOptions,
): Promise<CertificateSet> {
  return withoutExpired(await changed(set, step, options), options.now);
}

/**
 * `set` that also keeps `authority` in the bundle, for as long as `serving`, which it signed, has not expired: this
 * replica serves it, and all others have to know.
 */
export function alsoTrusting(
  set: CertificateSet,
  authority: X509Certificate,
  serving: X509Certificate,
): CertificateSet {
  return {
    ...set,
    bundle: distinct([...set.bundle, authority]),
    former: distinct([...set.former, serving]),
  };
}

async function changed(
  set: CertificateSet,
  step: Exclude<CertificateStep, "keep">,
  options: MakeOptions,
): Promise<CertificateSet> {
  const { now, names, lives } = options;
  const former = distinct([...set.former, set.serving.parsed]);
  switch (step) {
    case "renew-serving": {
      const serving = parsedPair(await issueServingPair(set.authority.pair, names, now, lives.serving));
      return { ...set, serving, former };
    }
    case "announce-authority": {
      const next = parsedPair(await issueAuthority(now, lives.authority));
      return { ...set, next, bundle: distinct([...set.bundle, next.parsed]) };
    }
    case "change-authority": {
      if (set.next === undefined) return set;
      const { next: authority, ...rest } = set;
      const serving = parsedPair(await issueServingPair(authority.pair, names, now, lives.serving));
      return { ...rest, authority, serving, former };
    }
    case "forget":
      return set;
    case "start-over":
      return makeCertificateSet(options);
  }
}

function withoutExpired(set: CertificateSet, now: number): CertificateSet {
  return {
    ...set,
    bundle: neededAuthorities(set, now),
    former: set.former.filter((certificate) => expiresAt(certificate) > now),
  };
}
