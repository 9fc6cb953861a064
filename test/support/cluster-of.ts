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
} from "../../src/cluster/cluster-view.ts";
import type { JuicefsConfig } from "../../src/cluster/juicefs-settings.ts";

/** Projected objects of a small cluster. Of two objects with one name the later one counts. */
export interface ClusterObjects {
  readonly namespaces?: readonly Namespace[];
  readonly claims?: readonly Claim[];
  readonly persistentVolumes?: readonly PersistentVolume[];
  readonly datasets?: readonly Dataset[];
  readonly runtimes?: readonly Runtime[];
  readonly clientDaemonSets?: readonly ClientDaemonSet[];
  readonly serviceAccounts?: readonly ServiceAccount[];
  readonly nodes?: readonly Node[];
  readonly pluginProfile?: PluginProfile;
  readonly storageClasses?: readonly StorageClass[];
  readonly juicefsConfig?: JuicefsConfig;
  readonly juicefsSecrets?: readonly JuicefsSecret[];
  readonly serverVersion?: KubernetesVersion;
}

/** A `ClusterView` of these objects that never changes. */
export function clusterOf(objects: ClusterObjects): ClusterView {
  const namespaces = byKey(objects.namespaces, (o) => o.name);
  const claims = byKey(objects.claims, namespaced);
  const persistentVolumes = byKey(objects.persistentVolumes, (o) => o.name);
  const datasets = byKey(objects.datasets, namespaced);
  const runtimes = byKey(objects.runtimes, (o) => `${o.kind}/${namespaced(o)}`);
  const clientDaemonSets = byKey(objects.clientDaemonSets, namespaced);
  const serviceAccounts = byKey(objects.serviceAccounts, namespaced);
  const storageClasses = byKey(objects.storageClasses, (o) => o.name);
  const juicefsSecrets = byKey(objects.juicefsSecrets, namespaced);
  const nodes = byKey(objects.nodes, (o) => o.name);
  const old = [...nodes.values()].filter((node) => !runsNativeSidecars(node.kubeletVersion));
  return {
    namespace: (name) => namespaces.get(name),
    claim: (namespace, name) => claims.get(`${namespace}/${name}`),
    persistentVolume: (name) => persistentVolumes.get(name),
    dataset: (namespace, name) => datasets.get(`${namespace}/${name}`),
    runtime: (kind, namespace, name) => runtimes.get(`${kind}/${namespace}/${name}`),
    clientDaemonSet: (namespace, name) => clientDaemonSets.get(`${namespace}/${name}`),
    serviceAccount: (namespace, name) => serviceAccounts.get(`${namespace}/${name}`),
    pluginProfile: (namespace, name) =>
      objects.pluginProfile && namespaced(objects.pluginProfile) === `${namespace}/${name}`
        ? objects.pluginProfile
        : undefined,
    volumesOfDriver: (driver) =>
      [...persistentVolumes.values()].filter((volume) => volume.csi?.driver === driver).length,
    volumesWithHandle: (driver, handle) =>
      [...persistentVolumes.values()]
        .filter(({ csi }) => csi?.driver === driver && csi.handle === handle)
        .map(({ name }) => name)
        .sort(),
    storageClass: (name) => storageClasses.get(name),
    juicefsConfig: (namespace, name) =>
      objects.juicefsConfig && namespaced(objects.juicefsConfig) === `${namespace}/${name}`
        ? objects.juicefsConfig
        : undefined,
    juicefsSecret: (namespace, name) => juicefsSecrets.get(`${namespace}/${name}`),
    node: (name) => nodes.get(name),
    nodeCount: () => nodes.size,
    nodesLabelled: (key) => [...nodes.values()].filter((node) => Object.hasOwn(node.labels, key)).length,
    nodesLabelledWith: (key, value) =>
      [...nodes.values()].filter((node) => Object.hasOwn(node.labels, key) && node.labels[key] === value)
        .length,
    someNode: (meets) => [...nodes.values()].some(meets),
    nodesWithoutNativeSidecars: () => old,
    serverVersion: () => objects.serverVersion,
  };
}

function byKey<T>(objects: readonly T[] | undefined, key: (object: T) => string): Map<string, T> {
  return new Map((objects ?? []).map((object) => [key(object), object]));
}

function namespaced(object: { readonly namespace: string; readonly name: string }): string {
  return `${object.namespace}/${object.name}`;
}

function runsNativeSidecars(kubeletVersion: string): boolean {
  const version = /^v?(\d+)\.(\d+)/.exec(kubeletVersion);
  if (!version) return false;
  return Number(version[1]) > 1 || Number(version[2]) >= 29;
}
