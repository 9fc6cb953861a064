import { fieldAt, objectsAt } from "../../cluster/raw-fields.ts";
import { type CheckResult, error, type Finding, ok, unread, warning } from "./check-result.ts";
import { type Facts, known } from "./facts.ts";
import { installed } from "./installed-names.ts";

/** Whether the Deployment has its replicas, and enough of them. */
export function checkReplicas({ deployment, namespace }: Facts): CheckResult {
  return { check: "replicas", ...judgeDeployment(deployment, namespace) };
}

function judgeDeployment(read: Facts["deployment"], namespace: string): Finding {
  if ("problem" in read) return unread("the Deployment", read.problem);
  if (read.value === undefined)
    return error(
      `there is no Deployment ${installed.deployment} in namespace ${namespace}`,
      "install Sluice, or name its namespace with -n",
    );
  const wanted = numberAt(read.value, "spec", "replicas");
  const ready = numberAt(read.value, "status", "readyReplicas");
  const look = `kubectl -n ${namespace} describe pods -l ${installed.podSelector}`;
  const message = `${ready} of ${wanted} ready`;
  if (ready === 0) return error(`${message}: pods that ask for data are refused`, `see why: ${look}`);
  if (ready < wanted) return warning(message, `wait, or see why: ${look}`);
  if (wanted < 2)
    return warning(`${message}: pods that ask for data are refused while it is replaced`, "set replicas: 2");
  return ok(message);
}

/** Whether the Service leads to replicas. */
export function checkService(facts: Facts): CheckResult | undefined {
  const { service, endpointSlices, namespace } = facts;
  const check = "Service";
  if ("problem" in service) return { check, ...unread("the Service", service.problem) };
  // Then that is said once, by the check of the replicas.
  if (service.value === undefined && isAbsent(facts)) return undefined;
  if (service.value === undefined)
    return {
      check,
      ...error(
        `there is no Service ${installed.service} in namespace ${namespace}: nobody can be called`,
        "apply the chart or install.yaml again",
      ),
    };
  if ("problem" in endpointSlices) return { check, ...unread("its endpoints", endpointSlices.problem) };
  const ready = endpointSlices.value
    .flatMap((slice) => objectsAt(slice, "endpoints"))
    .filter((endpoint) => fieldAt(endpoint, "conditions", "ready") !== false).length;
  if (ready === 0)
    return {
      check,
      ...error(
        "it has no ready endpoints: pods that ask for data are refused",
        `compare its selector with the labels of the pods: kubectl -n ${namespace} describe service ${installed.service}`,
      ),
    };
  return { check, ...ok(`${ready} ready endpoint${ready === 1 ? "" : "s"}`) };
}

/** Whether it is known that there is no Deployment of ours. */
function isAbsent({ deployment }: Facts): boolean {
  return "value" in deployment && known(deployment) === undefined;
}

function numberAt(object: unknown, ...path: readonly string[]): number {
  const found = fieldAt(object, ...path);
  return typeof found === "number" ? found : 0;
}
