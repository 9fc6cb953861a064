import { describeJuicefsProblem } from "../../cluster/juicefs-config.ts";
import {
  projectJuicefsConfig,
  projectJuicefsSecret,
  secretOfFacts,
} from "../../cluster/juicefs-projections.ts";
import { fieldAt, type RawObject, textAt, textMapAt } from "../../cluster/raw-fields.ts";
import { isAskingNamespace } from "../../datasets/juicefs/asking-namespace.ts";
import { type CheckResult, error, type Finding, ok, unread, warning, worst } from "./check-result.ts";
import { type Facts, known } from "./facts.ts";

/** Whether claims of the JuiceFS CSI driver can be served: the driver's configuration, and the Secrets of its volumes. */
export function checkJuicefs(facts: Facts): CheckResult | undefined {
  if (known(facts.deployment) === undefined || !facts.juicefs.config.enabled) return undefined;
  return { check: "JuiceFS", ...judge(facts) };
}

/** A bound volume of the driver whose claim is in a namespace that asks. */
export interface ClaimedVolume {
  readonly name: string;
  /** "namespace/name", as that of the Secret. */
  readonly claim: string;
  readonly secret: string | undefined;
}

/** None where the namespaces or the volumes could not be read. */
export function claimedWherePodsAsk(facts: Facts): ClaimedVolume[] {
  const asking = new Set(askingNamespaces(facts));
  if (!facts.juicefs.config.enabled) return [];
  return (known(facts.juicefs.volumes) ?? []).flatMap((raw) => {
    const namespace = textAt(raw, "spec", "claimRef", "namespace");
    if (textAt(raw, "status", "phase") !== "Bound" || namespace === undefined || !asking.has(namespace))
      return [];
    const ref = fieldAt(raw, "spec", "csi", "nodePublishSecretRef");
    const secret = textAt(ref, "name");
    return {
      name: textAt(raw, "metadata", "name") ?? "",
      claim: `${namespace}/${textAt(raw, "spec", "claimRef", "name")}`,
      secret: secret && `${textAt(ref, "namespace")}/${secret}`,
    };
  });
}

function askingNamespaces({ juicefs, labelledNamespaces }: Facts): string[] {
  const ours = (known(labelledNamespaces) ?? []).filter((one) =>
    isAskingNamespace(textMapAt(one, "metadata", "labels")),
  );
  return [...(known(juicefs.namespaces) ?? []), ...ours].map((one) => textAt(one, "metadata", "name") ?? "");
}

function judge(facts: Facts): Finding {
  const { config, driverConfig, namespaces, secrets, volumes } = facts.juicefs;
  const { namespace, name } = config.configMap;
  if ("problem" in driverConfig) return unread(`ConfigMap ${namespace}/${name}`, driverConfig.problem);
  if ("problem" in namespaces) return unread("the namespaces", namespaces.problem);
  if ("problem" in secrets) return unread("what is known of Secrets", secrets.problem);
  if ("problem" in volumes) return unread("the PersistentVolumes", volumes.problem);
  const claimed = claimedWherePodsAsk(facts);
  const findings = [
    ...judgeVolumes(claimed, secrets.value),
    ...(driverConfig.value === undefined ? [] : judgeConfig(driverConfig.value, config.configMap)),
    ...secrets.value.flatMap(judgeSecret),
  ];
  const from = driverConfig.value === undefined ? "the driver's defaults" : `ConfigMap ${namespace}/${name}`;
  const told = `${secrets.value.length} ${secrets.value.length === 1 ? "Secret is" : "Secrets are"} known`;
  return worst(
    findings,
    ok(
      claimed.length === 0
        ? `no volume of ${config.driver} is claimed where pods ask; ${from}`
        : `${claimed.length} claimed, ${told}; ${from}`,
    ),
  );
}

/** Of each Secret once: pods with its volumes are refused as long as nothing is known of it. */
function judgeVolumes(claimed: readonly ClaimedVolume[], secrets: readonly RawObject[]): Finding[] {
  const told = new Set(
    secrets.flatMap((raw) => {
      const place = secretOfFacts(raw);
      return place === undefined ? [] : [`${place.namespace}/${place.name}`];
    }),
  );
  const unknown = new Map(
    claimed.flatMap(({ secret, claim }) =>
      secret === undefined || told.has(secret) ? [] : [[secret, claim] as const],
    ),
  );
  return [
    ...[...unknown].map(([secret, claim]) =>
      error(
        `nothing is known of Secret ${secret} of claim ${claim}: its pods are refused`,
        "run the controllers (controllers.enabled=true), and let them read that Secret (juicefs.secrets)",
      ),
    ),
    ...claimed
      .filter(({ secret }) => secret === undefined)
      .map(({ name, claim }) =>
        error(
          `PersistentVolume ${name} of claim ${claim} names no Secret: its pods are refused`,
          "make it anew with csi.nodePublishSecretRef",
        ),
      ),
  ];
}

function judgeConfig(
  raw: RawObject,
  place: { readonly namespace: string; readonly name: string },
): Finding[] {
  const config = projectJuicefsConfig(raw, place);
  const edit = `kubectl -n ${place.namespace} edit configmap ${place.name}`;
  const wrong = describeJuicefsProblem(config);
  if (wrong !== undefined) return [warning(wrong, `mend it: ${edit}`)];
  return config.unread
    .filter((text) => text.endsWith("is not known"))
    .map((text) => warning(`ConfigMap ${place.namespace}/${place.name}: ${text}`, `correct it: ${edit}`));
}

function judgeSecret(raw: RawObject): Finding[] {
  const place = secretOfFacts(raw);
  if (place === undefined) return [];
  const { problem } = projectJuicefsSecret(raw, place);
  if (problem === undefined) return [];
  const name = `Secret ${place.namespace}/${place.name}`;
  return [warning(`${name}: ${problem}`, `pods with its volumes are refused until ${name} is right`)];
}
