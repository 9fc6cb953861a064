import { isDeepStrictEqual } from "node:util";
import type { ClusterInventory } from "./cluster-inventory.ts";
import type {
  Claim,
  ClientDaemonSet,
  ClusterView,
  Dataset,
  JuicefsSecret,
  KubernetesVersion,
  Namespace,
  Node,
  PersistentVolume,
  PluginProfile,
  Runtime,
  ServiceAccount,
  StorageClass,
} from "./cluster-view.ts";
import type { JuicefsConfig } from "./juicefs-settings.ts";
import { parseKubernetesVersion, runsNativeSidecars } from "./kubernetes-version.ts";
import { NodeLabels } from "./node-labels.ts";
import type { StoredKind, StoredKinds, StoredObject } from "./stored-object.ts";

type Tables = { readonly [K in StoredKind]: Map<string, StoredKinds[K]> };

function emptyTables(): Tables {
  return {
    Namespace: new Map(),
    PersistentVolumeClaim: new Map(),
    PersistentVolume: new Map(),
    Dataset: new Map(),
    Runtime: new Map(),
    DaemonSet: new Map(),
    ServiceAccount: new Map(),
    PluginProfile: new Map(),
    StorageClass: new Map(),
    JuicefsConfig: new Map(),
    JuicefsSecret: new Map(),
    Node: new Map(),
  };
}

/** Everything that is known of the cluster, in memory, indexed by what a decision asks for. */
export class ObjectStore implements ClusterView, ClusterInventory {
  #serverVersion: KubernetesVersion | undefined;
  #tables = emptyTables();
  #nodeLabels = new NodeLabels();
  /** How many volumes there are of each CSI driver. */
  #drivers = new Map<string, number>();
  /** Undefined after a change of one of them, until somebody asks. */
  #nodesWithoutNativeSidecars: readonly Node[] | undefined;

  constructor(serverVersion?: KubernetesVersion) {
    this.#serverVersion = serverVersion;
  }

  /**
   * Puts an object in, or in place of the one of that kind and name, which is returned. An object that says what is
   * known stays the one that is there: what was decided from it still holds.
   */
  upsert<K extends StoredKind>({ kind, object }: StoredObject<K>): StoredKinds[K] | undefined {
    const table: Map<string, StoredKinds[K]> = this.#tables[kind];
    const key = keyOf(object);
    const before = table.get(key);
    if (before !== undefined && isDeepStrictEqual(before, object)) return before;
    const node = this.#tables.Node.get(key);
    const profile = this.#tables.PluginProfile.get(key);
    const config = this.#tables.JuicefsConfig.get(key);
    if (kind === "PersistentVolume") this.#countDriver(key, -1);
    table.set(key, object);
    if (kind === "Node") this.#changeNode(node, this.#tables.Node.get(key));
    if (kind === "PluginProfile" && profile !== undefined) this.#keepLastGood(key, profile);
    if (kind === "JuicefsConfig" && config !== undefined) this.#keepLastSettings(key, config);
    if (kind === "PersistentVolume") this.#countDriver(key, 1);
    return before;
  }

  /** Takes out the object of that kind and name, whatever else it says. Returns whether there was one. */
  delete<K extends StoredKind>({ kind, object }: StoredObject<K>): boolean {
    const table: Map<string, StoredKinds[K]> = this.#tables[kind];
    const key = keyOf(object);
    if (kind === "Node") this.#changeNode(this.#tables.Node.get(key), undefined);
    if (kind === "PersistentVolume") this.#countDriver(key, -1);
    return table.delete(key);
  }

  /** Holds from now on what `other` holds; `other` must not be changed any more. */
  adopt(other: ObjectStore): void {
    const { PluginProfile: profiles, JuicefsConfig: configs } = this.#tables;
    this.#tables = other.#tables;
    for (const [key, good] of profiles) this.#keepLastGood(key, good);
    for (const [key, good] of configs) this.#keepLastSettings(key, good);
    this.#drivers = other.#drivers;
    this.#nodeLabels = other.#nodeLabels;
    this.#nodesWithoutNativeSidecars = undefined;
  }

  /** As with objects, one that says what is known changes nothing. */
  setServerVersion(version: KubernetesVersion | undefined): void {
    if (!isDeepStrictEqual(this.#serverVersion, version)) this.#serverVersion = version;
  }

  /** How many objects of each kind there are, runtimes by their own kind; kinds without objects are left out. */
  counts(): Record<string, number> {
    const result = new Map<string, number>();
    for (const [kind, table] of Object.entries(this.#tables)) {
      if (kind !== "Runtime" && table.size > 0) result.set(kind, table.size);
    }
    for (const { kind } of this.#tables.Runtime.values()) result.set(kind, (result.get(kind) ?? 0) + 1);
    return Object.fromEntries([...result].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  namespace(name: string): Namespace | undefined {
    return this.#tables.Namespace.get(name);
  }

  claim(namespace: string, name: string): Claim | undefined {
    return this.#tables.PersistentVolumeClaim.get(`${namespace}/${name}`);
  }

  persistentVolume(name: string): PersistentVolume | undefined {
    return this.#tables.PersistentVolume.get(name);
  }

  volumesOfDriver(driver: string): number {
    return this.#drivers.get(driver) ?? 0;
  }

  volumesWithHandle(driver: string, handle: string): readonly string[] {
    const found: string[] = [];
    for (const { name, csi } of this.#tables.PersistentVolume.values())
      if (csi?.driver === driver && csi.handle === handle) found.push(name);
    return found.sort();
  }

  storageClass(name: string): StorageClass | undefined {
    return this.#tables.StorageClass.get(name);
  }

  dataset(namespace: string, name: string): Dataset | undefined {
    return this.#tables.Dataset.get(`${namespace}/${name}`);
  }

  runtime(kind: string, namespace: string, name: string): Runtime | undefined {
    return this.#tables.Runtime.get(`${kind}/${namespace}/${name}`);
  }

  clientDaemonSet(namespace: string, name: string): ClientDaemonSet | undefined {
    return this.#tables.DaemonSet.get(`${namespace}/${name}`);
  }

  serviceAccount(namespace: string, name: string): ServiceAccount | undefined {
    return this.#tables.ServiceAccount.get(`${namespace}/${name}`);
  }

  pluginProfile(namespace: string, name: string): PluginProfile | undefined {
    return this.#tables.PluginProfile.get(`${namespace}/${name}`);
  }

  juicefsConfig(namespace: string, name: string): JuicefsConfig | undefined {
    return this.#tables.JuicefsConfig.get(`${namespace}/${name}`);
  }

  juicefsSecret(namespace: string, name: string): JuicefsSecret | undefined {
    return this.#tables.JuicefsSecret.get(`${namespace}/${name}`);
  }

  node(name: string): Node | undefined {
    return this.#tables.Node.get(name);
  }

  nodeCount(): number {
    return this.#tables.Node.size;
  }

  nodesLabelled(key: string): number {
    return this.#nodeLabels.count(key);
  }

  nodesLabelledWith(key: string, value: string): number {
    return this.#nodeLabels.countByValue(key, this.#tables.Node.values()).get(value) ?? 0;
  }

  someNode(meets: (node: Node) => boolean): boolean {
    for (const node of this.#tables.Node.values()) if (meets(node)) return true;
    return false;
  }

  nodesWithoutNativeSidecars(): readonly Node[] {
    this.#nodesWithoutNativeSidecars ??= [...this.#tables.Node.values()]
      .filter(lacksNativeSidecars)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    return this.#nodesWithoutNativeSidecars;
  }

  serverVersion(): KubernetesVersion | undefined {
    return this.#serverVersion;
  }

  datasets(): Iterable<Dataset> {
    return this.#tables.Dataset.values();
  }

  claims(): Iterable<Claim> {
    return this.#tables.PersistentVolumeClaim.values();
  }

  nodes(): Iterable<Node> {
    return this.#tables.Node.values();
  }

  /** A profile that cannot be read leaves the one before it in force. */
  #keepLastGood(key: string, { pipelines }: PluginProfile): void {
    const profile = this.#tables.PluginProfile.get(key);
    if (profile === undefined || profile.pipelines !== undefined || pipelines === undefined) return;
    this.#tables.PluginProfile.set(key, { ...profile, pipelines });
  }

  /** As with the profile: a file that is broken leaves the one before it in force. */
  #keepLastSettings(key: string, { settings }: JuicefsConfig): void {
    const config = this.#tables.JuicefsConfig.get(key);
    if (config === undefined || config.settings !== undefined || settings === undefined) return;
    this.#tables.JuicefsConfig.set(key, { ...config, settings });
  }

  #countDriver(volume: string, by: number): void {
    const driver = this.#tables.PersistentVolume.get(volume)?.csi?.driver;
    if (driver !== undefined) this.#drivers.set(driver, this.volumesOfDriver(driver) + by);
  }

  #changeNode(before: Node | undefined, after: Node | undefined): void {
    if ([before, after].some((node) => node !== undefined && lacksNativeSidecars(node)))
      this.#nodesWithoutNativeSidecars = undefined;
    this.#nodeLabels.change(before?.labels, after?.labels);
  }
}

function lacksNativeSidecars({ kubeletVersion }: Node): boolean {
  return !runsNativeSidecars(parseKubernetesVersion(kubeletVersion));
}

/** Neither namespaces nor names can hold a slash, so that no two objects share a key. */
function keyOf(object: StoredKinds[StoredKind]): string {
  if (!("namespace" in object)) return object.name;
  const key = `${object.namespace}/${object.name}`;
  return "kind" in object ? `${object.kind}/${key}` : key;
}
