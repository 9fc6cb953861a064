import { fieldAt, objectsAt, type RawObject, textAt } from "../../cluster/raw-fields.ts";
import { referredDataset } from "../../datasets/fluid/reference.ts";
import { datasetAnnotations } from "../../types/dataset-annotations.ts";

/** What tells how much of a Dataset is in its cache. (Fluid: api/v1alpha1, DatasetStatus.) */
export interface DatasetState {
  /** Percent of the data that are in the cache; undefined where Fluid does not say. */
  readonly cached: number | undefined;
  /** "namespace/name" of the Dataset that this one only refers to. */
  readonly refersTo: string | undefined;
  /** Its owner's annotation `sluice.io/referable-from`. */
  readonly referableFrom: string | undefined;
}

/** One DataLoad. (Fluid: api/v1alpha1, DataLoad.) */
export interface DataLoadState {
  /** "namespace/name" of what it loads. */
  readonly dataset: string;
  readonly name: string;
  /** "", "Pending", "Executing", "Complete" or "Failed". */
  readonly phase: string;
  /** Milliseconds since 1970. */
  readonly created: number;
}

// "35.2%", in older versions of Fluid "35.20 %".
const percentage = /^\s*(\d{1,3}(?:\.\d+)?)\s*%\s*$/;

/** Reads a Dataset as the API server has it. */
export function readDatasetState(raw: RawObject): DatasetState {
  const share = percentage.exec(textAt(raw, "status", "cacheStates", "cachedPercentage") ?? "")?.[1];
  const mountPoints = objectsAt(raw, "spec", "mounts").flatMap((mount) => textAt(mount, "mountPoint") ?? []);
  const referred = referredDataset(mountPoints);
  return {
    cached: share === undefined ? undefined : Number(share),
    refersTo: referred === undefined ? undefined : `${referred.namespace}/${referred.name}`,
    referableFrom: textAt(raw, "metadata", "annotations", datasetAnnotations.referableFrom),
  };
}

/** Reads a DataLoad as the API server has it; undefined for one that names no Dataset. */
export function readDataLoadState(
  raw: RawObject,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): DataLoadState | undefined {
  const dataset = textAt(raw, "spec", "dataset", "name");
  if (dataset === undefined) return undefined;
  const created = Date.parse(textAt(raw, "metadata", "creationTimestamp") ?? "");
  return {
    dataset: `${textAt(raw, "spec", "dataset", "namespace") || namespace}/${dataset}`,
    name,
    phase: String(fieldAt(raw, "status", "phase") ?? ""),
    created: Number.isNaN(created) ? 0 : created,
  };
}
