import type { Pod } from "kubernetes-types/core/v1";
import { fieldAt, objectsAt, type RawObject, textAt, textMapAt, textsAt } from "../../cluster/raw-fields.ts";
import type { FactSource } from "./fact-source.ts";

/** The pods of a workload that have not ended, by its selector; of a CronJob those of its Jobs. */
export async function readPodsOf(
  raw: RawObject,
  kind: string,
  namespace: string,
  source: FactSource,
): Promise<readonly Pod[]> {
  const selector =
    kind === "CronJob" ? selectorOfJobs(raw, await source.jobs(namespace)) : selectorOf(raw, kind);
  return selector === undefined ? [] : source.pods(namespace, selector);
}

/** Kubernetes: docs, "Labels and Selectors". */
function selectorOf(raw: RawObject, kind: string): string | undefined {
  const simple = kind === "ReplicationController";
  const equal = Object.entries(textMapAt(raw, "spec", "selector", ...(simple ? [] : ["matchLabels"])));
  const expressions = objectsAt(raw, "spec", "selector", "matchExpressions").map((expression) => {
    const key = textAt(expression, "key") ?? "";
    const values = textsAt(expression, "values").join(",");
    switch (textAt(expression, "operator")) {
      case "Exists":
        return key;
      case "DoesNotExist":
        return `!${key}`;
      case "NotIn":
        return `${key} notin (${values})`;
      default:
        return `${key} in (${values})`;
    }
  });
  const parts = [...equal.map(([key, value]) => `${key}=${value}`), ...expressions];
  return parts.length === 0 ? undefined : parts.join(",");
}

function selectorOfJobs(raw: RawObject, jobs: readonly RawObject[]): string | undefined {
  const uid = textAt(raw, "metadata", "uid");
  const own = jobs.filter((job) =>
    objectsAt(job, "metadata", "ownerReferences").some((owner) => fieldAt(owner, "uid") === uid),
  );
  const names = own.flatMap((job) => textAt(job, "metadata", "name") ?? []);
  return names.length === 0 ? undefined : `batch.kubernetes.io/job-name in (${names.join(",")})`;
}
