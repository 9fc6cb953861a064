import { parseKubernetesVersion } from "../../cluster/kubernetes-version.ts";
import { type CheckResult, error, type Finding, ok, unread, warning } from "./check-result.ts";
import { type Facts, known } from "./facts.ts";

/** The first minor version of Kubernetes 1 that has what we use. */
const since = { everything: 30, nativeSidecars: 29, anything: 25 } as const;

/** Whether the API server is new enough. */
export function checkApiServer({ serverVersion }: Facts): CheckResult {
  return { check: "API server", ...judge(serverVersion) };
}

/** Whether it has CEL conditions for webhooks and admission policies; undefined where its version is not known. */
export function hasConditions(facts: Facts): boolean | undefined {
  const minor = minorOf(known(facts.serverVersion) ?? "");
  return minor === undefined ? undefined : minor >= since.everything;
}

function judge(read: Facts["serverVersion"]): Finding {
  if ("problem" in read) return unread("its version", read.problem);
  const minor = minorOf(read.value);
  if (minor === undefined)
    return warning(
      `its version "${read.value}" is not understood`,
      "see that it is Kubernetes 1.30 or newer",
    );
  if (minor < since.anything)
    return error(`${read.value} is too old for Sluice`, "upgrade to Kubernetes 1.30, or 1.25 at the least");
  if (minor < since.nativeSidecars)
    return warning(
      `${read.value}: no native sidecars (1.29), matchConditions or admission policies (1.30)`,
      "upgrade to 1.30; until then clients are classic sidecars, and every opted-in pod is sent to Sluice",
    );
  if (minor < since.everything)
    return warning(
      `${read.value}: no matchConditions and no admission policies (1.30)`,
      "upgrade to 1.30; until then every opted-in pod is sent to Sluice, with or without a claim",
    );
  return ok(read.value);
}

function minorOf(text: string): number | undefined {
  const version = parseKubernetesVersion(text);
  if (version === undefined) return undefined;
  return version.major > 1 ? Number.POSITIVE_INFINITY : version.minor;
}
