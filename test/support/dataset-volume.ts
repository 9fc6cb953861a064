import type { DatasetVolume } from "../../src/types/dataset-volume.ts";

/** A dataset of Fluid's that is known by the name of its claim and has neither a client nor a cache on any node. */
export function datasetVolume(
  name: string,
  { namespace = "default", ...parts }: Partial<DatasetVolume> & { namespace?: string } = {},
): DatasetVolume {
  return {
    claim: { namespace, name },
    family: "fluid",
    dataset: { namespace, name },
    runtime: "juicefs",
    subPath: "",
    readOnly: false,
    oncePerCluster: false,
    locality: { workerRequirements: [] },
    clientNodeSelector: {},
    ...parts,
  };
}
