import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { checkBundle, completed, trusts } from "../../src/certs/bundle-check.ts";
import { issueAuthority, issueServingPair } from "../../src/certs/issue-pair.ts";
import { readBundle, writeBundle } from "../../src/certs/pem-bundle.ts";
import { servingNames } from "../../src/certs/serving-names.ts";

const day = 86_400_000;
const now = Date.UTC(2030, 0, 1);
const names = servingNames("sluice", "sluice-system");

let ours: X509Certificate;
let other: X509Certificate;
let serving: X509Certificate;
beforeAll(async () => {
  const pair = await issueAuthority(now, 90 * day);
  ours = new X509Certificate(pair.cert);
  other = new X509Certificate((await issueAuthority(now, 9 * day)).cert);
  serving = new X509Certificate((await issueServingPair(pair, names, now, 30 * day)).cert);
});

describe("checkBundle", () => {
  it.each([
    ["empty", () => "", { present: undefined, missing: 1, extra: 0 }],
    ["rubbish", () => "rubbish", { present: undefined, missing: 1, extra: 0 }],
    ["rubbish beside ours", () => `${ours}\nrubbish`, { present: undefined, missing: 1, extra: 0 }],
    [
      "a key beside ours",
      () => `${ours}\n-----BEGIN PRIVATE KEY-----`,
      { present: undefined, missing: 1, extra: 0 },
    ],
    ["ours", () => `${ours}`, { present: 1, missing: 0, extra: 0 }],
    ["ours twice, with blank lines", () => `\n\n${ours}\n\n${ours}\n`, { present: 1, missing: 0, extra: 0 }],
    ["another's", () => `${other}`, { present: 1, missing: 1, extra: 1 }],
    ["both", () => writeBundle([other, ours]), { present: 2, missing: 0, extra: 1 }],
  ])("%s", (_, bundle, expected) => {
    const { present, missing, extra } = checkBundle(bundle(), [ours]);
    expect({ present: present?.length, missing: missing.length, extra: extra.length }).toEqual(expected);
  });
});

describe("completed", () => {
  it("keeps another's authority for as long as it is valid, and no certificate that is none", () => {
    const bundleAt = (bundle: X509Certificate[], at: number) =>
      completed(checkBundle(writeBundle(bundle), [ours]), [ours], at).length;
    expect(bundleAt([other], now)).toBe(2);
    expect(bundleAt([other], now + 10 * day)).toBe(1);
    expect(bundleAt([serving], now)).toBe(1);
  });
});

describe("trusts", () => {
  it.each([
    ["its own authority", () => [ours], 0, true],
    ["one of several", () => [other, ours], 0, true],
    ["another's", () => [other], 0, false],
    ["nothing", () => undefined, 0, false],
    ["the certificate itself", () => [serving], 0, false],
    ["its own authority, when the certificate has expired", () => [ours], 31, false],
    ["its own authority, before the certificate is valid", () => [ours], -1, false],
  ])("%s", (_, bundle, days, expected) => {
    expect(trusts(bundle(), { serving }, now + days * day)).toBe(expected);
  });

  it("is not outlived by the authority: no certificate is made to last longer than that", async () => {
    const pair = await issueAuthority(now, 9 * day);
    const leaf = new X509Certificate((await issueServingPair(pair, names, now, 30 * day)).cert);
    expect(Date.parse(leaf.validTo)).toBe(now + 9 * day);
  });
});

describe("readBundle", () => {
  it("reads what writeBundle writes", () => {
    const fingerprints = readBundle(writeBundle([ours, other])).map(({ fingerprint256 }) => fingerprint256);
    expect(fingerprints).toEqual([ours.fingerprint256, other.fingerprint256]);
    expect(readBundle("")).toEqual([]);
  });
});
