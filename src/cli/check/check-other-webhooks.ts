import { objectsAt, type RawObject, textAt, textsAt } from "../../cluster/raw-fields.ts";
import { ourEntries } from "./check-registration.ts";
import { type CheckResult, type Finding, ok, warning, worst } from "./check-result.ts";
import { type Facts, known } from "./facts.ts";
import { installed } from "./installed-names.ts";

/** Which other webhooks change new pods, and in which order the API server calls them. */
export function checkOtherWebhooks(facts: Facts): CheckResult | undefined {
  if (ourEntries(facts) === undefined) return undefined;
  const names = podConfigurations(facts).map(nameOf);
  // Kubernetes: staging/src/k8s.io/apiserver, admission/configuration/mutating_webhook_manager.go: sorted by name.
  const before = names.filter((name) => name < installed.registration).sort();
  const after = names.filter((name) => name > installed.registration).sort();
  const parts = [
    ...(before.length === 0 ? [] : [`before Sluice ${before.join(", ")}`]),
    ...(after.length === 0 ? [] : [`after it ${after.join(", ")}`]),
  ];
  return { check: "other webhooks", ...ok(parts.length === 0 ? "none changes pods" : parts.join("; ")) };
}

/** Whether JuiceFS's own webhook would serve the same pods. Of Fluid's `checkHandover` tells. */
export function checkOtherInjectors(facts: Facts): CheckResult | undefined {
  if ("problem" in facts.configurations) return undefined;
  const found = podConfigurations(facts).flatMap((configuration) => judgeJuiceFs(configuration, facts));
  return { check: "other injectors", ...worst(found, ok("none serves the same pods")) };
}

// JuiceFS CSI driver: deploy/webhook.yaml. Its webhooks take namespaces by the labels that opt in here, too.
function judgeJuiceFs(configuration: RawObject, facts: Facts): Finding[] {
  const entries = objectsAt(configuration, "webhooks");
  if (!entries.some((entry) => textAt(entry, "clientConfig", "service", "path")?.startsWith("/juicefs/")))
    return [];
  if (!facts.juicefs.config.enabled) return [];
  // The webhook of the driver's other mode is there as well where one is, and serves no other pods.
  const [first, ...others] = (known(facts.juicefs.namespaces) ?? []).map(nameOf);
  if (first === undefined) return [];
  const more = others.length === 0 ? "" : ` and ${others.length} more namespaces`;
  return [
    warning(
      `JuiceFS's own webhook (${nameOf(configuration)}) serves pods of ${first}${more} too`,
      `keep one of the two: kubectl delete mutatingwebhookconfiguration ${nameOf(configuration)}`,
    ),
  ];
}

/** Configurations of others with an entry for the creation of pods. */
function podConfigurations({ configurations }: Facts): RawObject[] {
  return (known(configurations) ?? []).filter(
    (configuration) =>
      nameOf(configuration) !== installed.registration &&
      objectsAt(configuration, "webhooks").some((entry) => objectsAt(entry, "rules").some(takesPods)),
  );
}

function takesPods(rule: RawObject): boolean {
  const has = (key: string, ...values: readonly string[]) =>
    textsAt(rule, key).some((value) => values.includes(value));
  return (
    has("apiGroups", "", "*") && has("resources", "pods", "*", "*/*") && has("operations", "CREATE", "*")
  );
}

function nameOf(configuration: RawObject): string {
  return textAt(configuration, "metadata", "name") ?? "";
}
