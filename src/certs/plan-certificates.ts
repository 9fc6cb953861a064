import type { X509Certificate } from "node:crypto";
import type { CertificateSet } from "./certificate-set.ts";
import { coversNames } from "./check-pair.ts";
import { expiresAt, hasSigned, includes, isValid } from "./pem-bundle.ts";
import type { ServingNames } from "./serving-names.ts";

/** How long certificates are made to last, in milliseconds. */
export interface CertificateLives {
  readonly serving: number;
  readonly authority: number;
}

/**
 * What is to be done with the certificates that the replicas share.
 * `renew-serving`: a new serving certificate of the same authority. `announce-authority`: a new authority beside the
 * old one. `change-authority`: the announced one signs and serves from now on. `forget`: leave out what has expired.
 * `start-over`: nothing of it can be used.
 */
export type CertificateStep =
  | "keep"
  | "renew-serving"
  | "announce-authority"
  | "change-authority"
  | "forget"
  | "start-over";

export interface PlanConditions {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly names: ServingNames;
  readonly lives: CertificateLives;
  /** From 0 to 1, another for each replica, so that they do not all renew in the same second. */
  readonly jitter: number;
  /** Every API server has had time to see the announced authority. */
  readonly nextIsKnown: boolean;
  /** Somebody asks for a new authority. */
  readonly changeAsked: boolean;
}

const hour = 3_600_000;

/** The next step, by the wall clock alone: it may have jumped either way since the last look. */
export function planCertificates(set: CertificateSet, conditions: PlanConditions): CertificateStep {
  const { now, names, lives, nextIsKnown, changeAsked } = conditions;
  const next = set.next?.parsed;
  const nextIsValid = next !== undefined && isValid(next, now);
  const authority = set.authority.parsed;
  // Then nothing is trusted any more, and waiting would only make it longer.
  if (!isValid(authority, now)) return nextIsValid ? "change-authority" : "start-over";
  if (nextIsValid && nextIsKnown) return "change-authority";
  const serving = set.serving.parsed;
  if (!isValid(serving, now) || !coversNames(serving, names)) return "renew-serving";
  if (next !== undefined && !nextIsValid) return "announce-authority";
  if (next === undefined && (changeAsked || isDue(authority, lives.authority, conditions))) {
    return "announce-authority";
  }
  const latestEnd = Math.min(now + lives.serving, expiresAt(authority));
  // Of an authority that ends soon no certificate lasts, however often it is renewed.
  const gains = latestEnd - expiresAt(serving) > lives.serving / 6;
  if (gains && isDue(serving, lives.serving, conditions)) return "renew-serving";
  return isTidy(set, now) ? "keep" : "forget";
}

/** The authorities of `set` that are still needed at `now`, the one that signs first. */
export function neededAuthorities(set: CertificateSet, now: number): X509Certificate[] {
  const current = [set.authority.parsed, ...(set.next === undefined ? [] : [set.next.parsed])];
  const inUse = set.former.filter((certificate) => expiresAt(certificate) > now);
  const former = set.bundle.filter(
    (authority) =>
      !includes(current, authority) && inUse.some((certificate) => hasSigned(authority, certificate)),
  );
  return [...current, ...former];
}

/** Two thirds of its life are over: of the configured one, for what it was made to last may have changed. */
function isDue(certificate: X509Certificate, life: number, { now, jitter }: PlanConditions): boolean {
  const delay = jitter * Math.min(hour, life / 20);
  return now >= expiresAt(certificate) - life / 3 + delay;
}

function isTidy(set: CertificateSet, now: number): boolean {
  const needed = neededAuthorities(set, now);
  return (
    set.bundle.length === needed.length &&
    set.bundle.every((authority) => includes(needed, authority)) &&
    set.former.every((certificate) => expiresAt(certificate) > now)
  );
}
