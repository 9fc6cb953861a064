import type {
  Claim,
  ClientDaemonSet,
  Dataset,
  JuicefsSecret,
  Namespace,
  Node,
  PersistentVolume,
  PluginProfile,
  Runtime,
  StorageClass,
} from "../../cluster/cluster-view.ts";
import type { JuicefsConfig } from "../../cluster/juicefs-settings.ts";
import { ObjectStore } from "../../cluster/object-store.ts";
import type { ObjectRef } from "../../types/object-ref.ts";

/** Kinds of which a decision asks for all objects. */
export type ListedKind = "Node" | "PersistentVolume";

/** A store that tells which objects it is asked for, so that they can be read and the question be put again. */
export class AskedStore extends ObjectStore {
  readonly #onAsk: (ref: ObjectRef) => void;
  readonly #onList: (kind: ListedKind) => void;

  constructor(onAsk: (ref: ObjectRef) => void, onList: (kind: ListedKind) => void) {
    super();
    this.#onAsk = onAsk;
    this.#onList = onList;
  }

  override namespace(name: string): Namespace | undefined {
    this.#onAsk({ kind: "Namespace", name });
    return super.namespace(name);
  }

  override claim(namespace: string, name: string): Claim | undefined {
    this.#onAsk({ kind: "PersistentVolumeClaim", namespace, name });
    return super.claim(namespace, name);
  }

  override persistentVolume(name: string): PersistentVolume | undefined {
    this.#onAsk({ kind: "PersistentVolume", name });
    return super.persistentVolume(name);
  }

  override volumesOfDriver(driver: string): number {
    this.#onList("PersistentVolume");
    return super.volumesOfDriver(driver);
  }

  override volumesWithHandle(driver: string, handle: string): readonly string[] {
    this.#onList("PersistentVolume");
    return super.volumesWithHandle(driver, handle);
  }

  override storageClass(name: string): StorageClass | undefined {
    this.#onAsk({ kind: "StorageClass", name });
    return super.storageClass(name);
  }

  override dataset(namespace: string, name: string): Dataset | undefined {
    this.#onAsk({ kind: "Dataset", namespace, name });
    return super.dataset(namespace, name);
  }

  override runtime(kind: string, namespace: string, name: string): Runtime | undefined {
    this.#onAsk({ kind, namespace, name });
    return super.runtime(kind, namespace, name);
  }

  override clientDaemonSet(namespace: string, name: string): ClientDaemonSet | undefined {
    this.#onAsk({ kind: "DaemonSet", namespace, name });
    return super.clientDaemonSet(namespace, name);
  }

  override pluginProfile(namespace: string, name: string): PluginProfile | undefined {
    this.#onAsk({ kind: "PluginProfile", namespace, name });
    return super.pluginProfile(namespace, name);
  }

  override juicefsConfig(namespace: string, name: string): JuicefsConfig | undefined {
    this.#onAsk({ kind: "JuicefsConfig", namespace, name });
    return super.juicefsConfig(namespace, name);
  }

  override juicefsSecret(namespace: string, name: string): JuicefsSecret | undefined {
    this.#onAsk({ kind: "Secret", namespace, name });
    return super.juicefsSecret(namespace, name);
  }

  override node(name: string): Node | undefined {
    this.#onAsk({ kind: "Node", name });
    return super.node(name);
  }

  override nodeCount(): number {
    this.#onList("Node");
    return super.nodeCount();
  }

  override nodesLabelled(key: string): number {
    this.#onList("Node");
    return super.nodesLabelled(key);
  }

  override nodesLabelledWith(key: string, value: string): number {
    this.#onList("Node");
    return super.nodesLabelledWith(key, value);
  }

  override nodesWithoutNativeSidecars(): readonly Node[] {
    this.#onList("Node");
    return super.nodesWithoutNativeSidecars();
  }

  override nodes(): Iterable<Node> {
    this.#onList("Node");
    return super.nodes();
  }
}
