import { fieldAt, objectsAt, type RawObject, textAt } from "../../cluster/raw-fields.ts";

/** What tells how much of a Dataset is in its cache. (Fluid: api/v1alpha1, DatasetStatus.) */
export interface DatasetState {
  /** Percent of the data that are in the cache; undefined where Fluid does not say. */
  readonly cached: number | undefined;
  /** "namespace/name" of the Dataset that this one only refers to. */
  readonly refersTo: string | undefined;
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

const scheme = "dataset://";
// "35.2%", in older versions of Fluid "35.20 %".
const percentage = /^\s*(\d{1,3}(?:\.\d+)?)\s*%\s*$/;

export function readDatasetState(raw: RawObject): DatasetState {
  const share = percentage.exec(textAt(raw, "status", "cacheStates", "cachedPercentage") ?? "")?.[1];
  const [mount] = objectsAt(raw, "spec", "mounts");
  const [namespace, name] = referred(textAt(mount, "mountPoint") ?? "");
  return {
    cached: share === undefined ? undefined : Number(share),
    refersTo: namespace && name ? `${namespace}/${name}` : undefined,
  };
}

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

function referred(mountPoint: string): readonly string[] {
  return mountPoint.startsWith(scheme) ? mountPoint.slice(scheme.length).split("/") : [];
}
