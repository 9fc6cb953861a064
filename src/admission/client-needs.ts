import type { Config } from "../config.ts";
import { objectKey } from "../datasets/fluid/client-objects.ts";
import { datasetAnnotations } from "../types/dataset-annotations.ts";
import type { ClientObject, DatasetVolume } from "../types/dataset-volume.ts";
import type { Finding } from "../types/reason.ts";
import { nameOf } from "./volume-outcomes.ts";

const wellFormedKey = /^(secret|configmap)\/[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/;

/** What the clients of these datasets need besides their templates, as far as it is not known to be there. */
export function clientNeeds(datasets: readonly DatasetVolume[], config: Config): Finding[] {
  return datasets.flatMap((dataset) => [
    ...neededObjects(dataset, config.references.missingObjects),
    ...nodeService(dataset),
  ]);
}

/**
 * Nobody who admits pods should be able to read Secrets, nor even which there are, and the right to the one is the
 * right to the other. So what is there has to be said: by Fluid's own doing, or by an annotation on the Dataset.
 */
function neededObjects(dataset: DatasetVolume, choice: Config["references"]["missingObjects"]): Finding[] {
  const { missing, claim } = dataset;
  if (missing === undefined) return [];
  const { from, objects } = missing;
  const head = `Dataset ${nameOf(dataset)} needs ${objects.map(objectKey).join(", ")} of namespace ${from} in ${claim.namespace}: copy what is not there, then name it in the Dataset's annotation ${datasetAnnotations.clientObjects}`;
  if (choice === "warn") return [{ code: "reference-objects-unknown", message: head }];
  return [
    {
      code: "reference-objects-missing",
      message: `${head}: ${copyCommand(dataset, from, objects)}`,
      restsOn: [{ kind: "Dataset", ...dataset.dataset }],
    },
  ];
}

/** Owner references must not be copied: the garbage collector would delete what names an owner of another namespace. */
function copyCommand(dataset: DatasetVolume, from: string, objects: readonly ClientObject[]): string {
  const { namespace, name } = dataset.dataset;
  const keys = objects.map(objectKey);
  // What anybody may have written into the annotation is not put into a command.
  const stated = (dataset.missing?.stated ?? []).filter((key) => wellFormedKey.test(key));
  return [
    `kubectl -n ${from} get ${keys.join(" ")} -o json`,
    "jq '(.items // [.])[] | .metadata = {name: .metadata.name}'",
    `kubectl -n ${namespace} apply -f - && kubectl -n ${namespace} annotate --overwrite datasets.data.fluid.io ${name} ${datasetAnnotations.clientObjects}=${[...stated, ...keys].join(",")}`,
  ].join(" | ");
}

function nodeService(dataset: DatasetVolume): Finding[] {
  const service = dataset.client?.nodeService;
  const there = dataset.client?.volumes.some((volume) => volume.hostPath?.path === service?.directory);
  if (service === undefined || !there) return [];
  const message = `the client of Dataset ${nameOf(dataset)} needs ${service.directory} on its node, or the pod waits in ContainerCreating: ${service.remedy}`;
  return [{ code: "client-needs-node-service", message }];
}
