import { builtInResources, fluidResources } from "../../cluster/api-resources.ts";
import type { ClusterWriter } from "../../cluster/cluster-writer.ts";
import { ObjectStore } from "../../cluster/object-store.ts";
import { projectObject } from "../../cluster/stored-object.ts";
import { clientObjects, objectKey, statedObjects } from "../../datasets/fluid/client-objects.ts";
import { resolveVolumes } from "../../datasets/resolve.ts";
import type { ClientObject } from "../../types/dataset-volume.ts";
import { describeRef, type ObjectRef } from "../../types/object-ref.ts";

/** What the client of a reference dataset needs in the namespace of that dataset. */
export interface NeededObjects {
  /** The namespace in which the originals are. */
  readonly from: string;
  /** Those that Fluid does not copy itself. */
  readonly objects: readonly ClientObject[];
}

export type Found = NeededObjects | { readonly problem: string } | "nothing";

type Reader = Pick<ClusterWriter, "read">;

/** Each round reads what the one before it lacked: claim, Dataset, runtime, volume, those referred to, the client. */
const mostRounds = 20;

/**
 * Finds out what the client of the reference dataset `name` needs, by the same steps as admission, with objects read
 * for this alone. Whoever's dataset is referred to has to permit it by name: ConfigMaps and Secrets leave no namespace
 * because nobody said anything. Throws `ApiError`.
 */
export async function findNeeded(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  reader: Reader,
  signal: AbortSignal,
): Promise<Found> {
  const store = new ObjectStore();
  const looked = new Set<string>();
  const pod = { spec: { containers: [], volumes: [{ name, persistentVolumeClaim: { claimName: name } }] } };
  for (let round = 0; round < mostRounds; round++) {
    const { volumes } = resolveVolumes(pod, namespace, store, {
      clients: true,
      skipBoundCheck: true,
      keepCacheDirectories: false,
      references: { unlessStated: "refuse" },
    });
    const [volume] = volumes;
    if (volume === undefined || volume.kind === "other") return "nothing";
    if (volume.kind === "dataset") {
      const { client, missing, dataset } = volume.dataset;
      const from = client?.source.namespace;
      if (client === undefined || from === undefined || from === dataset.namespace) return "nothing";
      const stated = new Set(missing?.stated ?? statedIn(store, dataset));
      const open = new Set(missing?.objects.map(objectKey));
      const objects = clientObjects(client).filter((object) => {
        const key = objectKey(object);
        return open.has(key) || stated.has(key);
      });
      return objects.length === 0 ? "nothing" : { from, objects };
    }
    const unread = (volume.finding.restsOn ?? []).filter((ref) => !looked.has(describeRef(ref)));
    if (unread.length === 0) return { problem: volume.finding.message };
    for (const ref of unread) {
      looked.add(describeRef(ref));
      await readInto(store, ref, reader, signal);
    }
  }
  return { problem: `Dataset ${namespace}/${name} refers through too many others` };
}

async function readInto(
  store: ObjectStore,
  ref: ObjectRef,
  reader: Reader,
  signal: AbortSignal,
): Promise<void> {
  const resource = [...builtInResources, ...fluidResources].find(({ kind }) => kind === ref.kind);
  if (resource === undefined) return;
  const { group, version, plural, table, kind } = resource;
  const inside = ref.namespace === undefined ? {} : { namespace: ref.namespace };
  const raw = await reader.read({ group, version, plural, name: ref.name, ...inside }, signal);
  if (raw === undefined) return;
  store.upsert(projectObject(table, kind, raw, { namespace: ref.namespace ?? "", name: ref.name }));
}

/** Where nothing is missing, the annotation alone says which of the objects Fluid has not copied. */
function statedIn(
  store: ObjectStore,
  { namespace, name }: { readonly namespace: string; readonly name: string },
) {
  return statedObjects(store.dataset(namespace, name)?.annotations ?? {});
}
