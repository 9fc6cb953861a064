import type { Claim, Dataset, Runtime } from "../../cluster/cluster-view.ts";
import type { Problem, Trail } from "../problem.ts";
import { datasetName } from "./labels.ts";
import { type RuntimeType, runtimeType, sidecarTypes } from "./runtimes.ts";

export interface FoundDataset {
  readonly claim: Claim;
  readonly dataset: Dataset;
  readonly type: RuntimeType;
  readonly runtime: Runtime;
}

export interface DatasetOptions {
  readonly clients: boolean;
  readonly skipBoundCheck: boolean;
}

/**
 * Follows a dataset's claim to its Dataset and runtime, both in the claim's namespace and of one name.
 * `label` is the claim's label that makes it a dataset's. Fluid: pkg/webhook/utils, pkg/ddc/base/runtime.go.
 */
export function findDataset(
  claim: Claim,
  label: string,
  trail: Trail,
  options: DatasetOptions,
): FoundDataset | Problem {
  const namespace = claim.namespace;
  const name = datasetName(claim.name, claim.labels);
  type Words = (show: (name: string) => string) => string;
  const say = (words: Words): Words => {
    return (show) =>
      `claim ${show(`${namespace}/${claim.name}`)} belongs to Dataset ${show(`${namespace}/${name}`)}, ${words(show)}`;
  };

  if (claim.deleting)
    return trail.problem(
      "claim-being-deleted",
      (show) =>
        `claim ${show(`${namespace}/${claim.name}`)} is being deleted: create the pod again when it is back`,
    );

  const dataset = trail.dataset(namespace, name);
  if (!dataset)
    return trail.problem(
      "dataset-not-found",
      say((show) => `which does not exist: create it, or remove the claim's label ${show(label)}`),
    );

  const unbound = dataset.phase === "" || dataset.phase === "NotBound";
  if (unbound && !options.skipBoundCheck)
    return trail.problem(
      "dataset-not-bound",
      say(
        () => `which is not bound yet: check its runtime, or create the pod later${quote(dataset.notReady)}`,
      ),
    );

  const [first, second] = dataset.runtimes;
  if (!first)
    return trail.problem(
      "dataset-without-runtime",
      say(() => "which has no runtime yet: create a runtime of the same name"),
    );
  if (second)
    return trail.problem(
      "several-runtimes",
      say((show) => {
        const types = show(dataset.runtimes.map((runtime) => runtime.type).join(", "));
        return `which has ${dataset.runtimes.length} runtimes (${types}): leave it one`;
      }),
    );

  const type = runtimeType(first.type);
  if (!type || (options.clients && !type.sidecar))
    return trail.problem(
      "runtime-not-supported",
      say((show) => {
        const remedy = type ? "use sluice.io/mode: csi, or another runtime" : "use another runtime";
        return `whose runtime type ${show(first.type) || '""'} has no sidecar (${sidecarTypes} have): ${remedy}`;
      }),
    );

  const runtime = trail.runtime(type.kind, namespace, name);
  if (!runtime)
    return trail.problem(
      "runtime-not-found",
      say((show) => `whose ${type.kind} ${show(name)} does not exist: create it, or delete the Dataset`),
    );
  return { claim, dataset, type, runtime };
}

/** What a controller has to say comes last: it may be long. */
function quote(message: string | undefined): string {
  if (!message) return "";
  return `; it says: ${message.replace(/\p{Cc}+/gu, " ").slice(0, 300)}`;
}
