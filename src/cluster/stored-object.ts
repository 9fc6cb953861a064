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
  ServiceAccount,
  StorageClass,
} from "./cluster-view.ts";
import { projectJuicefsConfig, projectJuicefsSecret } from "./juicefs-projections.ts";
import type { JuicefsConfig } from "./juicefs-settings.ts";
import {
  type Place,
  projectClaim,
  projectClientDaemonSet,
  projectDataset,
  projectNamespace,
  projectNode,
  projectPersistentVolume,
  projectPluginProfile,
  projectRuntime,
  projectServiceAccount,
  projectStorageClass,
} from "./projections.ts";
import type { RawObject } from "./raw-fields.ts";

/** What is kept of the cluster, by the table it is kept in. All kinds of runtimes share one table. */
export interface StoredKinds {
  Namespace: Namespace;
  PersistentVolumeClaim: Claim;
  PersistentVolume: PersistentVolume;
  Dataset: Dataset;
  Runtime: Runtime;
  DaemonSet: ClientDaemonSet;
  ServiceAccount: ServiceAccount;
  PluginProfile: PluginProfile;
  StorageClass: StorageClass;
  JuicefsConfig: JuicefsConfig;
  JuicefsSecret: JuicefsSecret;
  Node: Node;
}

export type StoredKind = keyof StoredKinds;

/** A projected object with the table it belongs to. */
export type StoredObject<K extends StoredKind = StoredKind> = {
  readonly [P in K]: { readonly kind: P; readonly object: StoredKinds[P] };
}[K];

/** Projects `raw`, an object of the kind `kind` that belongs to `table`. */
export function projectObject(table: StoredKind, kind: string, raw: RawObject, place: Place): StoredObject {
  switch (table) {
    case "Namespace":
      return { kind: table, object: projectNamespace(raw, place) };
    case "PersistentVolumeClaim":
      return { kind: table, object: projectClaim(raw, place) };
    case "PersistentVolume":
      return { kind: table, object: projectPersistentVolume(raw, place) };
    case "Dataset":
      return { kind: table, object: projectDataset(raw, place) };
    case "Runtime":
      return { kind: table, object: projectRuntime(raw, kind, place) };
    case "DaemonSet":
      return { kind: table, object: projectClientDaemonSet(raw, place) };
    case "ServiceAccount":
      return { kind: table, object: projectServiceAccount(raw, place) };
    case "PluginProfile":
      return { kind: table, object: projectPluginProfile(raw, place) };
    case "StorageClass":
      return { kind: table, object: projectStorageClass(raw, place) };
    case "JuicefsConfig":
      return { kind: table, object: projectJuicefsConfig(raw, place) };
    case "JuicefsSecret":
      return { kind: table, object: projectJuicefsSecret(raw, place) };
    case "Node":
      return { kind: table, object: projectNode(raw, place) };
  }
}
