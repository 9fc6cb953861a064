import type { Dataset } from "../../cluster/cluster-view.ts";
import { datasetAnnotations } from "../../types/dataset-annotations.ts";
import type { Problem, Trail, Words } from "../problem.ts";
import { referredDataset } from "./reference.ts";

export interface ReferenceRules {
  /** Who may refer to a Dataset that does not say it. */
  readonly unlessStated: "allow" | "refuse";
}

/** Makes "claim … belongs to Dataset …, which …" of the second half. */
export type Say = (which: Words) => Words;

export interface ReferredDataset {
  readonly dataset: Dataset;
  /** Makes messages about it that begin with the claim. */
  readonly say: Say;
}

/** Nobody refers through more Datasets on purpose. */
const longestWay = 8;

/**
 * The Dataset that `dataset` refers to, if that one refers on, the last on the way; undefined for one that refers to
 * none. Each on the way has to permit `namespace`, in which the data will be read.
 */
export function findReferred(
  dataset: Dataset,
  namespace: string,
  say: Say,
  trail: Trail,
  rules: ReferenceRules,
): ReferredDataset | Problem | undefined {
  const way = [fullName(dataset)];
  let found: ReferredDataset | undefined;
  for (let current = dataset; ; ) {
    const referred = referredDataset(current.mountPoints);
    if (referred === undefined) return found;
    const full = fullName(referred);
    const before = found?.say ?? say;
    const sayOf: Say = (which) => before((show) => `which refers to Dataset ${show(full)}, ${which(show)}`);
    if (way.includes(full) || way.length > longestWay)
      return trail.problem("dataset-loop", (show) => {
        const steps = show([...way, full].join(" -> "));
        return `Dataset ${show(way[0] ?? "")} refers to itself or through too many others (${steps}): correct the mountPoint of one of them`;
      });
    way.push(full);

    const next = trail.dataset(referred.namespace, referred.name);
    if (!next)
      return trail.problem(
        "dataset-not-found",
        sayOf(() => "which does not exist: create it, or correct the mountPoint"),
      );
    if (!permits(next.namespace, next.annotations?.[datasetAnnotations.referableFrom], namespace, rules))
      return trail.problem(
        "reference-not-permitted",
        sayOf(
          (show) =>
            `whose owner does not permit namespace ${show(namespace)}: add it to the annotation ${datasetAnnotations.referableFrom} there`,
        ),
      );
    found = { dataset: next, say: sayOf };
    current = next;
  }
}

/**
 * Whether a Dataset of namespace `owner` may be referred to from `namespace`. `stated`: its annotation
 * `sluice.io/referable-from`, if it has one.
 */
export function permits(
  owner: string,
  stated: string | undefined,
  namespace: string,
  { unlessStated }: ReferenceRules,
): boolean {
  if (owner === namespace) return true;
  if (stated === undefined) return unlessStated === "allow";
  const names = stated.split(",").map((name) => name.trim());
  return names.includes(namespace) || names.includes("*");
}

function fullName({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
