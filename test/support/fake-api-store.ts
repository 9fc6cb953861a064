/** An object as JSON, with the metadata that the fake API server keeps. */
export interface ApiObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: Readonly<Record<string, unknown>> & {
    readonly name: string;
    readonly namespace?: string;
  };
  readonly [field: string]: unknown;
}

export interface StoredEvent {
  readonly version: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: ApiObject;
}

/** The objects of one resource and what has happened to them. */
export class FakeCollection {
  readonly objects = new Map<string, ApiObject>();
  readonly listeners = new Set<(event: StoredEvent) => void>();
  history: StoredEvent[] = [];
  /** Watches from before this version are answered 410. */
  compactedAt = 0;

  record(event: StoredEvent): void {
    this.history.push(event);
    for (const listener of [...this.listeners]) listener(event);
  }
}

/** Objects by resource, with one counter of versions for all, as in etcd. */
export class FakeApiStore {
  readonly #collections = new Map<string, FakeCollection>();
  version = 100;

  /** `resource` is a plural such as "datasets". */
  collection(resource: string): FakeCollection {
    const known = this.#collections.get(resource) ?? new FakeCollection();
    this.#collections.set(resource, known);
    return known;
  }

  put(resource: string, object: ApiObject): ApiObject {
    const collection = this.collection(resource);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const before = collection.objects.get(key);
    this.version += 1;
    const uid = before?.metadata["uid"] ?? `uid-${this.version}`;
    const metadata = { uid, ...object.metadata, resourceVersion: String(this.version) };
    const stored: ApiObject = { ...object, metadata };
    collection.objects.set(key, stored);
    collection.record({
      version: this.version,
      type: before === undefined ? "ADDED" : "MODIFIED",
      object: stored,
    });
    return stored;
  }

  delete(resource: string, name: string, namespace?: string): void {
    const collection = this.collection(resource);
    const key = keyOf(namespace, name);
    const before = collection.objects.get(key);
    if (before === undefined) throw new Error(`no ${resource} ${key}`);
    this.version += 1;
    collection.objects.delete(key);
    const metadata = { ...before.metadata, resourceVersion: String(this.version) };
    collection.record({ version: this.version, type: "DELETED", object: { ...before, metadata } });
  }

  /** Forgets all history, as etcd does after some minutes. */
  compact(): void {
    this.version += 1;
    for (const collection of this.#collections.values()) {
      collection.history = [];
      collection.compactedAt = this.version;
    }
  }

  find(resource: string, name: string, namespace?: string): ApiObject | undefined {
    return this.collection(resource).objects.get(keyOf(namespace, name));
  }
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}
