import { randomBytes, X509Certificate } from "node:crypto";
import type { ServingNames } from "./serving-names.ts";

/** A certificate and its private key, as PEM. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

const hour = 3_600_000;
const day = 24 * hour;
const authorityLife = 5 * 365 * day;
const servingLife = 90 * day;

/** Makes a certificate authority (EC P-256, SHA-256). `now` is in milliseconds since 1970, `life` in milliseconds. */
export async function issueAuthority(now: number, life: number = authorityLife): Promise<KeyPair> {
  // Certificates made here carry no key identifiers, so two authorities are told apart by their names alone.
  const attributes = [{ name: "commonName", value: `sluice-ca-${randomBytes(4).toString("hex")}` }];
  const { generate } = await import("./generate-certificate.ts");
  const made = await generate(attributes, {
    ...period(now, now + life),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { key: made.private, cert: made.cert };
}

/**
 * Makes a serving certificate for `names`, signed by `authority`, which it does not outlive.
 * `now` is in milliseconds since 1970, `life` in milliseconds.
 */
export async function issueServingPair(
  authority: KeyPair,
  names: ServingNames,
  now: number,
  life: number = servingLife,
): Promise<KeyPair> {
  const { generate } = await import("./generate-certificate.ts");
  const authorityEnd = Date.parse(new X509Certificate(authority.cert).validTo);
  const made = await generate([{ name: "commonName", value: "sluice" }], {
    ...period(now, Math.min(now + life, authorityEnd)),
    ca: authority,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...names.dns.map((value) => ({ type: 2 as const, value })),
          ...names.ip.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  });
  return { key: made.private, cert: made.cert };
}

/** From an hour back, for clocks that lag behind ours. */
function period(now: number, end: number) {
  const notBeforeDate = new Date(now - hour);
  return {
    keyType: "ec" as const,
    curve: "P-256" as const,
    algorithm: "sha256",
    notBeforeDate,
    notAfterDate: new Date(end),
  };
}
