import { fluidResources } from "../../cluster/api-resources.ts";
import { type CheckResult, ok, unread, warning } from "./check-result.ts";
import type { Facts } from "./facts.ts";

const remedy = "install Fluid's CRDs; Sluice picks them up by itself";

/** Which of Fluid's kinds the API server has. */
export function checkFluidKinds({ fluidKinds }: Facts): CheckResult {
  const check = "Fluid's kinds";
  if ("problem" in fluidKinds) return { check, ...unread("the kinds", fluidKinds.problem) };
  const kinds = fluidKinds.value;
  if (!kinds.has("Dataset"))
    return { check, ...warning("there is no kind Dataset, so no claim is a dataset", remedy) };
  const runtimes = fluidResources
    .map(({ kind }) => kind)
    .filter((kind) => kind !== "Dataset" && kinds.has(kind));
  if (runtimes.length === 0)
    return {
      check,
      ...warning("there is Dataset but no kind of runtime, so no dataset has a client", remedy),
    };
  return {
    check,
    ...ok(`Dataset; runtimes ${runtimes.map((kind) => kind.replace("Runtime", "")).join(", ")}`),
  };
}
