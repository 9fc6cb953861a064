import type { X509Certificate } from "node:crypto";
import { expiresAt, hasSigned, readBundle } from "../../certs/pem-bundle.ts";
import { textAt } from "../../cluster/raw-fields.ts";
import { ourEntries } from "./check-registration.ts";
import { type CheckResult, error, type Finding, ok, warning, worst } from "./check-result.ts";
import { type Facts, known } from "./facts.ts";

const day = 86_400_000;
const hour = 3_600_000;
/** Certificates that live longer are renewed by hand or once a year. */
const longLife = 180 * day;
const noticeOfLong = 60 * day;

/** When the certificates that are in use expire, and whether a renewal was missed. */
export function checkCertificates(facts: Facts): CheckResult | undefined {
  const stored = known(facts.storedCertificate);
  const served = (known(facts.replicas) ?? []).flatMap((replica) => known(replica.served) ?? []);
  const serving = [...served, ...(stored === undefined ? [] : [stored])].map((chain) => chain.serving);
  const [soonest] = sorted(serving);
  if (soonest === undefined) return undefined;
  const signers = authorities(facts).filter((one) =>
    serving.some((certificate) => hasSigned(one, certificate)),
  );
  const named = [
    ...sorted(serving).map((certificate) => ({ what: "the serving certificate", certificate })),
    ...sorted(signers).map((certificate) => ({ what: "its authority", certificate })),
  ];
  const findings = named.flatMap(({ what, certificate }) => judge(what, certificate, facts));
  const message = `valid for ${span(expiresAt(soonest) - facts.now)}, renewed in time`;
  return { check: "certificates", ...worst(findings, ok(message)) };
}

function judge(
  what: string,
  certificate: X509Certificate,
  { now, certificates, namespace }: Facts,
): Finding[] {
  const left = expiresAt(certificate) - now;
  const life = expiresAt(certificate) - Date.parse(certificate.validFrom);
  const remedy =
    certificates.source === "own"
      ? `see why it is not renewed: kubectl -n ${namespace} logs deployment/sluice`
      : "renew it; the new files are picked up by themselves";
  if (left <= 0) return [error(`${what} has expired ${span(-left)} ago`, remedy)];
  if (Date.parse(certificate.validFrom) > now)
    return [
      error(
        `${what} is not valid yet, for ${span(Date.parse(certificate.validFrom) - now)}`,
        "set the clocks right",
      ),
    ];
  // Renewed at two thirds of its life, with some room for when each replica looks.
  const due = life >= longLife ? left < Math.min(noticeOfLong, life / 4) : left < life / 4;
  return due ? [warning(`${what} expires in ${span(left)} and was not renewed`, remedy)] : [];
}

function authorities(facts: Facts): X509Certificate[] {
  return (ourEntries(facts) ?? []).flatMap((entry) => {
    try {
      return readBundle(
        Buffer.from(textAt(entry, "clientConfig", "caBundle") ?? "", "base64").toString("utf8"),
      );
    } catch {
      return [];
    }
  });
}

/** Each once, the one that expires first in front. */
function sorted(certificates: readonly X509Certificate[]): X509Certificate[] {
  const once = new Map(certificates.map((one) => [one.fingerprint256, one]));
  return [...once.values()].sort((a, b) => expiresAt(a) - expiresAt(b));
}

function span(ms: number): string {
  if (ms >= 2 * day) return `${Math.floor(ms / day)} days`;
  if (ms >= 2 * hour) return `${Math.floor(ms / hour)} hours`;
  return `${Math.max(1, Math.floor(ms / 60_000))} min`;
}
