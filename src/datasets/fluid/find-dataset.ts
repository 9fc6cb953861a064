import type { Claim, Dataset, Runtime } from "../../cluster/cluster-view.ts";
import { Problem, type Trail } from "../problem.ts";
import { findReferred, type ReferenceRules, type Say } from "./find-referred.ts";
import { datasetName } from "./labels.ts";
import { knownTypes, type RuntimeType, runtimeType } from "./runtimes.ts";

/** A Dataset with its runtime. */
export interface RunningDataset {
  readonly dataset: Dataset;
  readonly type: RuntimeType;
  readonly runtime: Runtime;
}

export interface FoundDataset extends RunningDataset {
  readonly claim: Claim;
}

export interface ServedDataset extends FoundDataset {
  /** Whose cache and client serve it: the dataset that a reference dataset refers to, any other one itself. */
  readonly physical: RunningDataset;
}

export interface DatasetOptions {
  readonly clients: boolean;
  readonly skipBoundCheck: boolean;
  readonly references: ReferenceRules;
}

/**
 * Follows a dataset's claim to its Dataset and runtime, both in the claim's namespace and of one name, and to the
 * dataset that it refers to. `label` is the claim's label that makes it a dataset's.
 * Fluid: pkg/webhook/utils, pkg/ddc/base/runtime.go.
 */
export function findDataset(
  claim: Claim,
  label: string,
  trail: Trail,
  options: DatasetOptions,
): ServedDataset | Problem {
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
  const own = running(dataset, say, trail, options);
  if (own instanceof Problem) return own;
  const physical = findPhysical(own, claim, say, trail, options);
  return physical instanceof Problem ? physical : { ...own, claim, physical };
}

function findPhysical(
  own: RunningDataset,
  claim: Claim,
  say: Say,
  trail: Trail,
  options: DatasetOptions,
): RunningDataset | Problem {
  const referred = findReferred(own.dataset, claim.namespace, say, trail, options.references);
  if (referred === undefined) return own;
  const found =
    referred instanceof Problem ? referred : running(referred.dataset, referred.say, trail, options);
  // Without a client of ours the CSI driver has the last word, but for what the owner of the data forbids.
  if (found instanceof Problem && !options.clients && found.code !== "reference-not-permitted") return own;
  return found;
}

/** The Dataset with its only runtime, unless it is not ready to be used. */
function running(
  dataset: Dataset,
  say: Say,
  trail: Trail,
  options: DatasetOptions,
): RunningDataset | Problem {
  const unbound = dataset.phase === "" || dataset.phase === "NotBound";
  if (unbound && !options.skipBoundCheck)
    return trail.problem(
      "dataset-not-bound",
      say(() => "which is not bound yet: check its runtime, or create the pod later"),
      dataset.notReady === undefined ? {} : { says: dataset.notReady },
    );

  const type = typeOf(dataset, say, trail);
  if (type instanceof Problem) return type;
  const { namespace, name } = dataset;
  const runtime = trail.runtime(type.kind, namespace, name);
  if (!runtime)
    return trail.problem(
      "runtime-not-found",
      say((show) => `whose ${type.kind} ${show(name)} does not exist: create it, or delete the Dataset`),
    );
  return { dataset, type, runtime };
}

/** The type of the Dataset's only runtime. */
function typeOf({ runtimes }: Dataset, say: Say, trail: Trail): RuntimeType | Problem {
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
  if (type) return type;
  return trail.problem(
    "runtime-not-supported",
    say((show) => {
      const name = show(first.type) || '""';
      return `whose runtime type ${name} is not known (${knownTypes} are): use one of these`;
    }),
  );
}
