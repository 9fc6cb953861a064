import type { Claim, Dataset, Runtime } from "../../cluster/cluster-view.ts";
import { Problem, type Trail, type Words } from "../problem.ts";
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

/** Makes "claim ... belongs to Dataset ..., which ..." of the second half. */
type Say = (which: Words) => Words;

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
  const { namespace } = claim;
  const full = `${namespace}/${claim.name}`;
  if (claim.deleting)
    return trail.problem(
      "claim-being-deleted",
      (show) => `claim ${show(full)} is being deleted: create the pod again when it is back`,
    );

  const name = datasetName(claim.name, claim.labels);
  const say: Say = (which) => (show) =>
    `claim ${show(full)} belongs to Dataset ${show(`${namespace}/${name}`)}, ${which(show)}`;
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
      say(() => "which is not bound yet: check its runtime, or create the pod later"),
      dataset.notReady === undefined ? {} : { says: dataset.notReady },
    );

  const type = typeOf(dataset, say, trail, options.clients);
  if (type instanceof Problem) return type;
  const runtime = trail.runtime(type.kind, namespace, name);
  if (!runtime)
    return trail.problem(
      "runtime-not-found",
      say((show) => `whose ${type.kind} ${show(name)} does not exist: create it, or delete the Dataset`),
    );
  return { claim, dataset, type, runtime };
}

/** The type of the Dataset's only runtime, one that can be a sidecar if `sidecar`. */
function typeOf({ runtimes }: Dataset, say: Say, trail: Trail, sidecar: boolean): RuntimeType | Problem {
  const [first, second] = runtimes;
  if (!first)
    return trail.problem(
      "dataset-without-runtime",
      say(() => "which has no runtime yet: create a runtime of the same name"),
    );
  if (second)
    return trail.problem(
      "several-runtimes",
      say((show) => {
        const types = runtimes.map((runtime) => runtime.type).join(", ");
        return `which has ${runtimes.length} runtimes (${show(types)}): leave it one`;
      }),
    );
  const type = runtimeType(first.type);
  if (type && (type.sidecar || !sidecar)) return type;
  return trail.problem(
    "runtime-not-supported",
    say((show) => {
      const name = show(first.type) || '""';
      return type
        ? `whose runtime type ${name} has no sidecar (${sidecarTypes} have): use sluice.io/mode: csi, or another runtime`
        : `whose runtime type ${name} is not known (${sidecarTypes} are): use one of these`;
    }),
  );
}
