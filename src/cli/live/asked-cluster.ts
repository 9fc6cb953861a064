import {
  type ApiResource,
  builtInResources,
  collectionPath,
  fluidResources,
  juicefsConfigResource,
  juicefsSecretResource,
  objectPath,
  pluginProfileResource,
} from "../../cluster/api-resources.ts";
import type { ClusterView } from "../../cluster/cluster-view.ts";
import { parseKubernetesVersion } from "../../cluster/kubernetes-version.ts";
import { type RawObject, textAt } from "../../cluster/raw-fields.ts";
import { projectObject } from "../../cluster/stored-object.ts";
import type { Config } from "../../config.ts";
import { describeRef, type ObjectRef } from "../../types/object-ref.ts";
import type { ApiReader } from "../check/api-reader.ts";
import { AskedStore, type ListedKind } from "./asked-store.ts";

/** More rounds than the longest way from a pod to a client's template has steps. */
const mostRounds = 20;
// Kubernetes: docs, "Object Names and IDs": names come from pods, and what cannot be one is put into no path.
const objectName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** A cluster of which only those objects are read that a question asks for, with the rights of whoever asks. */
export class AskedCluster {
  readonly #reader: ApiReader;
  readonly #resources: ReadonlyMap<string, ApiResource>;
  readonly #store: AskedStore;
  readonly #wanted = new Map<string, () => Promise<void>>();
  readonly #wantedLists = new Map<string, () => Promise<void>>();
  readonly #read = new Set<string>();
  /** What could not be read, each object or kind once, with the reason: mostly a right that is missing. */
  readonly unread = new Set<string>();

  constructor(reader: ApiReader, config: Config) {
    this.#reader = reader;
    const juicefs = config.juicefs.enabled
      ? [
          juicefsConfigResource(config.juicefs.configMap),
          juicefsSecretResource(config.juicefs.factsNamespace),
        ]
      : [];
    const profile = pluginProfileResource(config.pluginProfile);
    const resources = [...builtInResources, ...fluidResources, profile, ...juicefs];
    this.#resources = new Map(resources.map((resource) => [resource.kind, resource]));
    this.#store = new AskedStore(
      (ref) => this.#want(this.#wanted, describeRef(ref), () => this.#readObject(ref)),
      (kind) => this.#want(this.#wantedLists, kind, () => this.#readAll(kind)),
    );
  }

  get view(): ClusterView {
    return this.#store;
  }

  /** Puts a question again and again, and reads what it asks for, until it asks for nothing new. */
  async settle<T>(question: (view: ClusterView) => T): Promise<T> {
    if (!this.#read.has("version")) await this.#readVersion();
    for (let round = 0; ; round++) {
      const answer = question(this.#store);
      // All of a kind is only read where it is still asked for once the single objects are known.
      const wanted = [...(this.#wanted.size > 0 ? this.#wanted : this.#wantedLists)];
      this.#wanted.clear();
      this.#wantedLists.clear();
      if (wanted.length === 0 || round === mostRounds) return answer;
      for (const [key] of wanted) this.#read.add(key);
      await Promise.all(wanted.map(([, read]) => read()));
    }
  }

  #want(wanted: Map<string, () => Promise<void>>, key: string, read: () => Promise<void>): void {
    if (!this.#read.has(key)) wanted.set(key, read);
  }

  async #readVersion(): Promise<void> {
    this.#read.add("version");
    const found = await this.#reader.get("/version");
    const version = "value" in found ? textAt(found.value, "gitVersion") : undefined;
    this.#store.setServerVersion(version === undefined ? undefined : parseKubernetesVersion(version));
  }

  async #readObject(ref: ObjectRef): Promise<void> {
    const { kind, namespace = "", name } = ref;
    const resource = this.#resources.get(kind);
    // All nodes and volumes are there already where somebody asked for all of them.
    if (resource === undefined || this.#read.has(kind)) return;
    if (!objectName.test(name) || (resource.namespaced && !objectName.test(namespace))) return;
    const found = await this.#reader.get(objectPath(resource, namespace, name));
    if ("problem" in found) this.unread.add(`${describeRef(ref)}: ${found.problem}`);
    else if (found.value !== undefined) this.#put(resource, found.value, { namespace, name });
  }

  async #readAll(kind: ListedKind): Promise<void> {
    const resource = this.#resources.get(kind);
    if (resource === undefined) return;
    const found = await this.#reader.list(collectionPath(resource, {}).replace(/\?$/, ""));
    if ("problem" in found) this.unread.add(`all ${resource.plural}: ${found.problem}`);
    else
      for (const raw of found.value)
        this.#put(resource, raw, { namespace: "", name: textAt(raw, "metadata", "name") ?? "" });
  }

  #put(resource: ApiResource, raw: RawObject, place: { namespace: string; name: string }): void {
    this.#store.upsert(projectObject(resource.table, resource.kind, raw, place));
  }
}
