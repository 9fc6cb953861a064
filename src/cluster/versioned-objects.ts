import type { FollowedResource } from "./api-resources.ts";
import { secretOfFacts } from "./juicefs-projections.ts";
import type { Place } from "./projections.ts";
import { type RawObject, textAt } from "./raw-fields.ts";

/** Takes what is known of the objects of a resource. */
export interface ObjectSink {
  /** Reads an object that is there, new or changed; the function that is returned takes it in. */
  read(place: Place, raw: RawObject): () => void;
  /** It is gone. */
  drop(place: Place): void;
}

/**
 * The objects of one resource, as lists, watch events and fresh reads bring them, in whatever order these arrive.
 * Resource versions say which is newer: they are taken from one counter of the API server's store. A version that is
 * not a number is never older than any other.
 */
export class VersionedObjects {
  readonly #resource: Pick<FollowedResource, "kind" | "namespaced" | "factsIn">;
  readonly #sink: ObjectSink;
  /** By "namespace/name" or "name". */
  readonly #versions = new Map<string, number>();
  /** The version up to which all changes have been seen. */
  #seenUpTo = 0;
  /** While a list is being read: those known objects that it has not shown yet. */
  #unlisted: Set<string> | undefined;
  #events = 0;
  #closed = false;

  constructor(resource: Pick<FollowedResource, "kind" | "namespaced" | "factsIn">, sink: ObjectSink) {
    this.#resource = resource;
    this.#sink = sink;
  }

  /** How many objects are known. */
  get size(): number {
    return this.#versions.size;
  }

  /** How many watch events there have been. */
  get events(): number {
    return this.#events;
  }

  /** Whether the object is known to be there. */
  has(place: Place): boolean {
    return this.#versions.has(this.#keyOf(place));
  }

  /** Which version of an object is known, to be given to `readMissing`. */
  versionOf(place: Place): number | undefined {
    return this.#versions.get(this.#keyOf(place));
  }

  /** A key for this object among those of all resources. */
  changeKey(place: Place): string {
    return changeKeyOf(this.#resource, place);
  }

  /** The version up to which all changes have been seen, as the API server writes it; "0" where none have. */
  get seenUpTo(): string {
    return String(this.#seenUpTo);
  }

  /** Begins a list. The known objects are served until it has ended. */
  beginList(): void {
    this.#unlisted = new Set(this.#versions.keys());
  }

  /** An object of the list that was begun last. */
  listed(raw: RawObject): void {
    const place = this.#placeOf(raw);
    if (place === undefined) return;
    const key = this.#keyOf(place);
    this.#unlisted?.delete(key);
    const known = this.#versions.get(key);
    const version = versionOf(raw);
    if (known === undefined || !(version <= known)) this.#put(place, raw, version);
  }

  /**
   * Ends the list, which shows the state at `resourceVersion`: what it did not show is gone, but for what was made after
   * it. Returns false when it has to be read once more: the API server's store was put back to an earlier state, and its
   * counter with it, so that what is known was not the older one.
   */
  endList(resourceVersion: string): boolean {
    const version = parseVersion(resourceVersion);
    if (version < this.#seenUpTo) {
      for (const key of this.#versions.keys()) this.#versions.set(key, 0);
      this.#seenUpTo = 0;
      this.#unlisted = undefined;
      return false;
    }
    for (const key of this.#unlisted ?? []) {
      const known = this.#versions.get(key);
      if (known !== undefined && !(known > version)) this.#drop(placeOfKey(key));
    }
    this.#unlisted = undefined;
    this.#seen(version);
    return true;
  }

  /** A watch event ADDED, MODIFIED or DELETED. */
  watched(type: string, raw: RawObject): void {
    this.#events += 1;
    const place = this.#placeOf(raw);
    if (place === undefined) return;
    const version = versionOf(raw);
    const known = this.#versions.get(this.#keyOf(place));
    if (known === undefined || !(version < known)) {
      if (type === "DELETED") this.#drop(place);
      else if (version !== known) this.#put(place, raw, version);
    }
    this.#seen(version);
  }

  /** A watch event BOOKMARK: everything up to this version has been seen. */
  bookmarked(resourceVersion: string): void {
    this.#seen(parseVersion(resourceVersion));
  }

  /** The answer to a read of one object. It may have been overtaken by watch events. */
  read(raw: RawObject): void {
    const place = this.#placeOf(raw);
    if (place === undefined) return;
    const version = versionOf(raw);
    // An object that is not there although all changes up to its version have been seen has been deleted since.
    const known = this.#versions.get(this.#keyOf(place)) ?? this.#seenUpTo;
    if (version <= known) return;
    this.#unlisted?.add(this.#keyOf(place));
    this.#put(place, raw, version);
  }

  /** A read found no such object; `knownThen` is the version that was known when the read began. */
  readMissing(place: Place, knownThen: number | undefined): void {
    const known = this.versionOf(place);
    if (known !== undefined && known === knownThen) this.#drop(place);
  }

  /** The resource itself is gone: drops its objects and takes no more. */
  close(): void {
    this.#closed = true;
    this.#unlisted = undefined;
    for (const key of [...this.#versions.keys()]) this.#drop(placeOfKey(key));
  }

  #put(place: Place, raw: RawObject, version: number): void {
    if (this.#closed) return;
    const takeIn = this.#sink.read(place, raw);
    this.#versions.set(this.#keyOf(place), version);
    takeIn();
  }

  #drop(place: Place): void {
    this.#versions.delete(this.#keyOf(place));
    this.#sink.drop(place);
  }

  #seen(version: number): void {
    if (version > this.#seenUpTo) this.#seenUpTo = version;
  }

  #placeOf(raw: RawObject): Place | undefined {
    const name = textAt(raw, "metadata", "name");
    if (!name) return undefined;
    if (this.#resource.factsIn !== undefined) return secretOfFacts(raw);
    return { name, namespace: textAt(raw, "metadata", "namespace") ?? "" };
  }

  #keyOf({ namespace, name }: Place): string {
    return this.#resource.namespaced ? `${namespace}/${name}` : name;
  }
}

/** A key for an object of that resource among those of all resources. */
export function changeKeyOf(
  { kind, namespaced }: Pick<FollowedResource, "kind" | "namespaced" | "factsIn">,
  { namespace, name }: Place,
): string {
  return namespaced ? `${kind}/${namespace}/${name}` : `${kind}/${name}`;
}

function placeOfKey(key: string): Place {
  const slash = key.indexOf("/");
  return { namespace: slash === -1 ? "" : key.slice(0, slash), name: key.slice(slash + 1) };
}

function versionOf(raw: RawObject): number {
  return parseVersion(textAt(raw, "metadata", "resourceVersion") ?? "");
}

function parseVersion(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : Number.NaN;
}
