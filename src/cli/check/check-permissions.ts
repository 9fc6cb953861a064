import { type CheckResult, error, ok, unread } from "./check-result.ts";
import type { Facts } from "./facts.ts";
import { describeRight } from "./required-rights.ts";

/** Whether our ServiceAccount may do what it has to. */
export function checkPermissions({ rights, account }: Facts): CheckResult | undefined {
  const check = "permissions";
  if (rights === undefined) return undefined;
  if ("problem" in rights) return { check, ...unread(`what ${account} may do`, rights.problem) };
  const missing = rights.value.filter(({ allowed }) => !allowed).map(({ right }) => describeRight(right));
  if (missing.length === 0)
    return { check, ...ok(`${account} has all ${rights.value.length} rights it needs`) };
  const [first = "", ...others] = missing;
  return {
    check,
    ...error(
      `${account} may not ${first}`,
      "apply the chart or install.yaml again, and see that its role bindings are there",
      others.length === 0 ? undefined : others.map((right) => `nor ${right}`),
    ),
  };
}
