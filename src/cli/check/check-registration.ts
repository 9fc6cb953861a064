import { objectsAt, type RawObject, textAt } from "../../cluster/raw-fields.ts";
import { hasConditions } from "./check-api-server.ts";
import { type CheckResult, error, type Finding, ok, warning, worst } from "./check-result.ts";
import { type Facts, known } from "./facts.ts";
import { installed } from "./installed-names.ts";
import { compareEntry, isOptional, renderedEntries } from "./registration-entries.ts";

/** Whether the API server is told to call us, for what it should, as the chart has it. */
export function checkRegistration(facts: Facts): CheckResult {
  return { check: "registration", ...judge(facts) };
}

/** The entries of our MutatingWebhookConfiguration; undefined where there is none, or it could not be read. */
export function ourEntries({ configurations }: Facts): RawObject[] | undefined {
  const ours = known(configurations)?.find(
    (one) => textAt(one, "metadata", "name") === installed.registration,
  );
  return ours === undefined ? undefined : objectsAt(ours, "webhooks");
}

function judge(facts: Facts): Finding {
  const { configurations, namespace } = facts;
  const title = `MutatingWebhookConfiguration ${installed.registration}`;
  // Without it nothing can be said of the installation at all, so this is no mere warning.
  if ("problem" in configurations)
    return error(
      `${title} cannot be read: ${configurations.problem}`,
      "check with a kubeconfig that may list mutatingwebhookconfigurations",
    );
  const entries = ourEntries(facts);
  if (entries === undefined)
    return error(
      `there is no ${title}: nobody calls Sluice`,
      "install Sluice: apply the chart or install.yaml",
    );
  const rendered = renderedEntries();
  const names = rendered.map((one) => textAt(one, "name"));
  const findings = rendered.flatMap((wanted): Finding[] => {
    const name = textAt(wanted, "name");
    const entry = entries.find((one) => textAt(one, "name") === name);
    if (entry === undefined)
      return isOptional(wanted)
        ? []
        : [error(`entry ${name} is missing`, "apply the chart or install.yaml again")];
    return compareEntry(entry, wanted, { namespace, hasConditions: hasConditions(facts) });
  });
  const strange = entries.filter((one) => !names.includes(textAt(one, "name")));
  for (const entry of strange)
    findings.push(
      warning(
        `entry ${textAt(entry, "name")} is none of Sluice's`,
        "remove it: a pod must not be sent twice",
      ),
    );
  return worst(findings, ok(`${entries.length} entries as rendered`));
}
