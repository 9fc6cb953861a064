import { objectsAt, textAt, textsAt } from "../../cluster/raw-fields.ts";
import { hasConditions } from "./check-api-server.ts";
import { ourEntries } from "./check-registration.ts";
import { type CheckResult, error, type Finding, ok, unread, warning } from "./check-result.ts";
import { type Facts, known } from "./facts.ts";
import { installed } from "./installed-names.ts";

/** Whether pods are looked at after the last webhook. */
export function checkPolicy(facts: Facts): CheckResult | undefined {
  if (ourEntries(facts) === undefined) return undefined;
  return { check: "policy", ...judge(facts) };
}

function judge(facts: Facts): Finding {
  const { policy, policyBinding } = facts;
  if (hasConditions(facts) === false) return ok("none: the API server is older than 1.30");
  if ("problem" in policy) return unread("the ValidatingAdmissionPolicy", policy.problem);
  if ("problem" in policyBinding)
    return unread("the ValidatingAdmissionPolicyBinding", policyBinding.problem);
  const binding = policyBinding.value;
  if (binding === undefined)
    return warning(
      `there is no ValidatingAdmissionPolicyBinding ${installed.policy}: what later webhooks break goes unseen`,
      "apply the chart again with policy.enabled=auto",
    );
  const named = textAt(binding, "spec", "policyName");
  if (named !== installed.policy || known(policy) === undefined)
    return error(
      `the binding ${installed.policy} names a policy that is not there: ${named}`,
      "apply the chart or install.yaml again",
    );
  const actions = textsAt(binding, "spec", "validationActions");
  if (!actions.includes("Deny"))
    return warning(
      `broken pods are let in: the binding says ${actions.join(" and ") || "nothing"}`,
      "set policy.actions=[Deny] once nothing is warned of any more",
    );
  const warnings = objectsAt(known(policy), "status", "typeChecking", "expressionWarnings");
  if (warnings.length > 0)
    return warning(
      `the API server finds fault with ${warnings.length} of its expressions`,
      `see them: kubectl get validatingadmissionpolicy ${installed.policy} -o yaml`,
      warnings.map((one) => `${textAt(one, "fieldRef")}: ${textAt(one, "warning")}`),
    );
  return ok("refuses pods whose client a later webhook took out or moved");
}
