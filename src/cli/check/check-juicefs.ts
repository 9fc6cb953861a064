import { describeJuicefsProblem } from "../../cluster/juicefs-config.ts";
import {
  projectJuicefsConfig,
  projectJuicefsSecret,
  secretOfFacts,
} from "../../cluster/juicefs-projections.ts";
import { type RawObject, textAt } from "../../cluster/raw-fields.ts";
import { type CheckResult, type Finding, ok, unread, warning, worst } from "./check-result.ts";
import { type Facts, known } from "./facts.ts";

/** Whether claims of the JuiceFS CSI driver can be served: the driver's configuration, and the Secrets of its volumes. */
export function checkJuicefs(facts: Facts): CheckResult | undefined {
  if (known(facts.deployment) === undefined || !facts.juicefs.config.enabled) return undefined;
  return { check: "JuiceFS", ...judge(facts.juicefs) };
}

function judge({ config, driverConfig, namespaces, secrets }: Facts["juicefs"]): Finding {
  const { namespace, name } = config.configMap;
  if ("problem" in driverConfig) return unread(`ConfigMap ${namespace}/${name}`, driverConfig.problem);
  if ("problem" in namespaces) return unread("the namespaces", namespaces.problem);
  if ("problem" in secrets) return unread("what is known of Secrets", secrets.problem);
  const asking = namespaces.value.map((one) => textAt(one, "metadata", "name") ?? "");
  const findings = [
    ...(driverConfig.value === undefined ? [] : judgeConfig(driverConfig.value, config.configMap)),
    ...secrets.value.flatMap(judgeSecret),
  ];
  if (asking.length > 0 && secrets.value.length === 0)
    findings.push(
      warning(
        `${asking[0]} asks for clients of JuiceFS, and nothing is known of any volume's Secret`,
        "run the controllers (controllers.enabled=true), and let them read Secrets (juicefs.secrets)",
      ),
    );
  const from = driverConfig.value === undefined ? "the driver's defaults" : `ConfigMap ${namespace}/${name}`;
  const told = `${secrets.value.length} ${secrets.value.length === 1 ? "Secret is" : "Secrets are"} known`;
  return worst(
    findings,
    ok(asking.length === 0 ? `no namespace asks by the driver's labels` : `${told}; ${from}`),
  );
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
