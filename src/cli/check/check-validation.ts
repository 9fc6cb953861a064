import { objectsAt, type RawObject, textAt } from "../../cluster/raw-fields.ts";
import { type CheckResult, error, type Finding, ok, unread, warning, worst } from "./check-result.ts";
import type { Facts } from "./facts.ts";
import { installed } from "./installed-names.ts";

const again = "apply the chart again";

/** Whether Secrets and volumes of JuiceFS are looked at when they are made, where that was asked for. */
export function checkValidation({ validation, namespace }: Facts): CheckResult | undefined {
  if (validation === undefined) return undefined;
  const { name, found } = validation;
  const title = `ValidatingWebhookConfiguration ${name}`;
  return { check: "validation", ...judge(title, found, namespace) };
}

function judge(title: string, found: NonNullable<Facts["validation"]>["found"], namespace: string): Finding {
  if ("problem" in found) return unread(title, found.problem);
  if (found.value === undefined)
    return warning(`there is no ${title}: no Secret or volume of JuiceFS is looked at`, again);
  const entries = objectsAt(found.value, "webhooks");
  const findings = entries.flatMap((entry) => judgeEntry(entry, namespace));
  return worst(
    findings,
    ok(`looks at ${entries.length} ${entries.length === 1 ? "kind of object" : "kinds of objects"}`),
  );
}

function judgeEntry(entry: RawObject, namespace: string): Finding[] {
  const name = textAt(entry, "name");
  const service = textAt(entry, "clientConfig", "service", "name");
  const place = textAt(entry, "clientConfig", "service", "namespace");
  if (service !== installed.service || place !== namespace)
    return [
      error(`${name} calls ${place}/${service} instead of Service ${namespace}/${installed.service}`, again),
    ];
  if (textAt(entry, "failurePolicy") !== "Ignore")
    return [
      warning(`${name} refuses what it looks at while no replica answers (failurePolicy: Fail)`, again),
    ];
  return [];
}

/** Its entries, for whoever looks at their bundles. */
export function validationEntries({ validation }: Facts): RawObject[] {
  if (validation === undefined || "problem" in validation.found) return [];
  return objectsAt(validation.found.value, "webhooks");
}
