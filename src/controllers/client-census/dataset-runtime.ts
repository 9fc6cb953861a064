import { objectsAt, type RawObject, textAt } from "../../cluster/raw-fields.ts";

/** By what a Dataset's data are cached. (Fluid: api/v1alpha1, DatasetStatus.) */
export interface DatasetRuntime {
  readonly uid: string;
  /** status.runtimes[0].type; "" where Fluid has not said it yet. */
  readonly runtime: string;
}

/** Reads a Dataset as the API server has it. */
export function readDatasetRuntime(raw: RawObject): DatasetRuntime {
  const [runtime] = objectsAt(raw, "status", "runtimes");
  return { uid: textAt(raw, "metadata", "uid") ?? "", runtime: textAt(runtime, "type") ?? "" };
}
