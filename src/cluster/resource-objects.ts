import { isDeepStrictEqual } from "node:util";
import type { ApiResource } from "./api-resources.ts";
import type { ObjectChanges } from "./object-changes.ts";
import type { ObjectStore } from "./object-store.ts";
import { projectObject, type StoredObject } from "./stored-object.ts";
import type { ValuePool } from "./value-pool.ts";
import { changeKeyOf, type ObjectSink, VersionedObjects } from "./versioned-objects.ts";

/** Where objects are kept and who is told; shared by all resources of one cluster. */
export interface ObjectPlaces {
  readonly store: ObjectStore;
  readonly pool: ValuePool;
  readonly changes: ObjectChanges;
}

/** The objects of one resource that decisions ask for, projected into the store. */
export class ResourceObjects extends VersionedObjects {
  constructor(resource: ApiResource, places: ObjectPlaces) {
    super(resource, storeSink(resource, places));
  }
}

function storeSink(resource: ApiResource, { store, pool, changes }: ObjectPlaces): ObjectSink {
  const { table, kind } = resource;
  return {
    read: (place, raw) => {
      const stored = shared(projectObject(table, kind, raw, place), pool);
      return () => {
        const before = store.upsert(stored);
        const key = changeKeyOf(resource, place);
        if (changes.has(key) && !isDeepStrictEqual(before, stored.object)) changes.tell(key);
      };
    },
    drop: (place) => {
      // Only the name counts here.
      store.delete(projectObject(table, kind, {}, place));
      changes.tell(changeKeyOf(resource, place));
    },
  };
}

function shared(stored: StoredObject, pool: ValuePool): StoredObject {
  try {
    return sharedParts(stored, pool);
  } catch {
    // Nested too deep to be compared, which costs memory and nothing else.
    return stored;
  }
}

/** The object as a whole is like no other: only what stands in it is worth comparing. */
function sharedParts({ kind, object }: StoredObject, pool: ValuePool): StoredObject {
  const copy = { ...object };
  for (const key of Object.keys(copy))
    if (key !== "name") Reflect.set(copy, key, pool.share(Reflect.get(copy, key)));
  return { kind, object: copy } as StoredObject;
}
