import { trusts } from "../../certs/bundle-check.ts";
import { readBundle } from "../../certs/pem-bundle.ts";
import { textAt } from "../../cluster/raw-fields.ts";
import { ourEntries } from "./check-registration.ts";
import {
  type CheckResult,
  error,
  type Finding,
  ok,
  portForwardRemedy,
  warning,
  worst,
} from "./check-result.ts";
import { validationEntries } from "./check-validation.ts";
import { type Facts, known, type ServedChain } from "./facts.ts";
import { serverName } from "./installed-names.ts";

/** Whether the API server trusts what each replica really serves. */
export function checkCaBundle(facts: Facts): CheckResult | undefined {
  const entries = ourEntries(facts);
  if (entries === undefined) return undefined;
  const bundles = [...entries, ...validationEntries(facts)].map((entry) => {
    const caBundle = Buffer.from(textAt(entry, "clientConfig", "caBundle") ?? "", "base64").toString("utf8");
    return { name: textAt(entry, "name") ?? "", caBundle };
  });
  return { check: "caBundle", ...judge(facts, bundles) };
}

interface NamedBundle {
  readonly name: string;
  readonly caBundle: string;
}

function judge(facts: Facts, bundles: readonly NamedBundle[]): Finding {
  const broken = bundles.flatMap((bundle) => judgeBundle(bundle, facts));
  if (broken.length > 0) return worst(broken, ok(""));
  const served = (known(facts.replicas) ?? []).flatMap(({ name, served }) =>
    "value" in served ? [{ name, chain: served.value }] : [],
  );
  const unreached = (known(facts.replicas) ?? []).flatMap(({ name, served }) =>
    "problem" in served ? [{ name, problem: served.problem }] : [],
  );
  if (served.length === 0) return judgeStored(facts, bundles, unreached[0]?.problem);
  const findings = served.flatMap(({ name, chain }) =>
    judgeChain(`what ${name} serves`, chain, bundles, facts),
  );
  for (const { name, problem } of unreached)
    findings.push(warning(`${name} could not be asked: ${problem}`, portForwardRemedy(facts.namespace)));
  const names = served.length === 1 ? "1 replica" : `each of ${served.length} replicas`;
  return worst(findings, ok(`trusts what ${names} serves`));
}

function judgeBundle({ name, caBundle }: NamedBundle, facts: Facts): Finding[] {
  if (caBundle.trim() === "")
    return facts.certificates.caBundle === "none"
      ? []
      : [error(`${name} has no caBundle: the API server cannot trust Sluice`, repairOf(facts))];
  return authoritiesOf(caBundle) === undefined
    ? [error(`${name} has a caBundle that is no PEM certificate`, repairOf(facts))]
    : [];
}

function judgeChain(
  what: string,
  chain: ServedChain,
  bundles: readonly NamedBundle[],
  facts: Facts,
): Finding[] {
  const name = serverName(facts.namespace);
  if (chain.serving.checkHost(name) === undefined)
    return [
      error(
        `${what} is not made out to ${name}`,
        "renew the certificate with that name; see docs/install.md",
      ),
    ];
  const untrusted = bundles.filter(
    ({ caBundle }) => caBundle.trim() !== "" && !trusts(authoritiesOf(caBundle), chain, facts.now),
  );
  if (untrusted.length === 0) return [];
  const where =
    untrusted.length === bundles.length ? "any entry" : untrusted.map((one) => one.name).join(", ");
  return [error(`${what} is not trusted by the caBundle of ${where}`, repairOf(facts))];
}

/** Where no replica could be reached: the Secret tells what they should serve. */
function judgeStored(
  facts: Facts,
  bundles: readonly NamedBundle[],
  problem = "no pod of Sluice is running",
): Finding {
  const { storedCertificate } = facts;
  const why = "problem" in facts.replicas ? facts.replicas.problem : problem;
  const stored = known(storedCertificate);
  const secret = `Secret ${facts.certificates.secret}`;
  if (stored === undefined)
    return warning(`no replica could be asked what it serves: ${why}`, portForwardRemedy(facts.namespace));
  return worst(
    judgeChain(`the certificate in ${secret}`, stored, bundles, facts),
    warning(
      `trusts the certificate in ${secret}, but no replica could be asked: ${why}`,
      portForwardRemedy(facts.namespace),
    ),
  );
}

function repairOf({ certificates, namespace }: Facts): string {
  const ours = (certificates.caBundle ?? (certificates.source === "own" ? "ours" : "external")) === "ours";
  if (ours)
    return `replicas repair it within seconds; if it stays: kubectl -n ${namespace} logs deployment/sluice`;
  return `it is kept from outside: see cert-manager's cainjector, and kubectl -n ${namespace} get certificates`;
}

function authoritiesOf(caBundle: string) {
  try {
    return readBundle(caBundle);
  } catch {
    return undefined;
  }
}
