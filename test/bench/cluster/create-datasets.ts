import type { Agent } from "node:https";
import { ApiClient } from "../../e2e/harness/api-client.ts";
import { type Fields, fieldsOf, textAt } from "../../e2e/harness/fields.ts";
import { pathOf } from "../../e2e/harness/objects.ts";
import { manyDatasetsPlace, mixedTypes, objectsOfDataset } from "../../support/many-datasets.ts";
import type { CreateDatasets } from "./load-command.ts";

/** Creates datasets as told, and tells how many there are every now and then. */
export async function createDatasets(
  agent: Agent,
  { from, to, namespaces, workers }: CreateDatasets,
  onProgress: (done: number) => void,
): Promise<void> {
  const api = new ApiClient(agent);
  let next = from;
  let told = performance.now();
  const work = async (): Promise<void> => {
    while (next < to) {
      const index = next++;
      await createDataset(api, index, namespaces);
      if (performance.now() - told < 5_000) continue;
      told = performance.now();
      onProgress(index + 1);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}

async function createDataset(api: ApiClient, index: number, namespaces: number): Promise<void> {
  const { namespace, name } = manyDatasetsPlace(index, namespaces);
  const type = mixedTypes[index % mixedTypes.length];
  const objects = objectsOfDataset(namespace, name, index, type).map(fieldsOf);
  // The volume before the claim, which the controller manager would call lost else.
  const order = ["PersistentVolume", "PersistentVolumeClaim", "Dataset", "Runtime", "DaemonSet"];
  for (const kind of order) {
    const object = objects.find((candidate) => String(candidate["kind"]).endsWith(kind));
    if (object === undefined) throw new Error(`a dataset has no ${kind}`);
    const path = pathOf(object);
    await api.create(path.slice(0, path.lastIndexOf("/")), asNew(object));
    if (kind === "PersistentVolumeClaim") await api.patch(`${path}/status`, { status: object["status"] });
  }
}

/** Without what only an API server or a controller may set. */
function asNew(object: Fields): Fields {
  const { name, namespace, labels } = fieldsOf(object["metadata"]);
  const spec = fieldsOf(object["spec"]);
  const claimRef = fieldsOf(spec["claimRef"]);
  const { status, ...rest } = object;
  return {
    ...rest,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(labels ? { labels } : {}) },
    spec: {
      ...spec,
      ...(textAt(claimRef, "name") === "" ? {} : { claimRef: { ...claimRef, uid: undefined } }),
    },
    ...(textAt(object, "apiVersion").startsWith("data.fluid.io/") ? { status } : {}),
  };
}
