import { factsLabel, factsName } from "./juicefs-projections.ts";
import type { StoredKind } from "./stored-object.ts";

/** One kind of object that is read from the API server. */
export interface FollowedResource {
  readonly kind: string;
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** The one object that is read; all of them where it is left out. */
  readonly only?: { readonly namespace: string; readonly name: string };
  /** A label selector such as "app=web"; all objects where it is left out. */
  readonly labelSelector?: string;
  /** A field selector such as "status.phase!=Failed"; all objects where it is left out. */
  readonly fieldSelector?: string;
  /** The one namespace that is read; all of them where it is left out. */
  readonly inNamespace?: string | undefined;
  /** It is not the objects themselves that are read, but what ConfigMaps in this namespace tell of them. */
  readonly factsIn?: string;
}

/** One that decisions ask for. */
export interface ApiResource extends FollowedResource {
  readonly table: StoredKind;
}

/** The API group of Datasets and runtimes. */
export const fluidGroup = "data.fluid.io";

/** What every API server has. */
export const builtInResources: readonly ApiResource[] = [
  { ...core("Namespace", "namespaces"), namespaced: false },
  { ...core("PersistentVolumeClaim", "persistentvolumeclaims"), namespaced: true },
  { ...core("PersistentVolume", "persistentvolumes"), namespaced: false },
  { ...core("Node", "nodes"), namespaced: false },
  {
    table: "DaemonSet",
    kind: "DaemonSet",
    group: "apps",
    version: "v1",
    plural: "daemonsets",
    namespaced: true,
  },
  {
    table: "StorageClass",
    kind: "StorageClass",
    group: "storage.k8s.io",
    version: "v1",
    plural: "storageclasses",
    namespaced: false,
  },
];

/** What an API server has while Fluid's CRDs are installed: any of them may be missing. */
export const fluidResources: readonly ApiResource[] = [
  ofFluid("Dataset", "datasets"),
  ofFluid("AlluxioRuntime", "alluxioruntimes"),
  ofFluid("JindoRuntime", "jindoruntimes"),
  ofFluid("JuiceFSRuntime", "juicefsruntimes"),
  ofFluid("ThinRuntime", "thinruntimes"),
  ofFluid("EFCRuntime", "efcruntimes"),
  ofFluid("VineyardRuntime", "vineyardruntimes"),
  ofFluid("CacheRuntime", "cacheruntimes"),
  ofFluid("GooseFSRuntime", "goosefsruntimes"),
];

/** The ConfigMap that is Fluid's plugin profile, and no other. */
export function pluginProfileResource(only: NonNullable<ApiResource["only"]>): ApiResource {
  const table = "PluginProfile";
  return { table, kind: table, group: "", version: "v1", plural: "configmaps", namespaced: true, only };
}

/** The ConfigMap that is the JuiceFS CSI driver's configuration, and no other. */
export function juicefsConfigResource(only: NonNullable<ApiResource["only"]>): ApiResource {
  const table = "JuicefsConfig";
  return { table, kind: table, group: "", version: "v1", plural: "configmaps", namespaced: true, only };
}

/** The Secrets of JuiceFS volumes, as ConfigMaps in the namespace `factsIn` tell of them. */
export function juicefsSecretResource(factsIn: string): ApiResource {
  const table = "JuicefsSecret";
  const labelSelector = `${factsLabel}=true`;
  const configMaps = { group: "", version: "v1", plural: "configmaps", namespaced: true };
  return { table, kind: "Secret", ...configMaps, labelSelector, factsIn };
}

/** "datasets.data.fluid.io", "nodes". */
export function resourceName({ plural, group }: FollowedResource): string {
  return group === "" ? plural : `${plural}.${group}`;
}

/** The path of the objects that are read of the resource: in all namespaces all, or those labelled so; or one. */
export function collectionPath(
  { group, version, plural, only, labelSelector, fieldSelector, inNamespace, factsIn }: FollowedResource,
  query: Readonly<Record<string, string>>,
): string {
  const namespace = only?.namespace ?? factsIn ?? inNamespace;
  const search = new URLSearchParams(query);
  // The right to list or watch one object by its name is only granted to who asks for that name.
  if (only !== undefined) search.set("fieldSelector", `metadata.name=${only.name}`);
  if (fieldSelector !== undefined) search.set("fieldSelector", fieldSelector);
  if (labelSelector !== undefined) search.set("labelSelector", labelSelector);
  return `${objectsPath({ group, version, plural }, namespace)}?${search}`;
}

/** The path of one object. `namespace` is left out for cluster-scoped resources. */
export function objectPath(resource: ApiResource, namespace: string, name: string): string {
  const { namespaced, factsIn } = resource;
  if (factsIn !== undefined)
    return `${objectsPath(resource, factsIn)}/${encodeURIComponent(factsName({ namespace, name }))}`;
  return `${objectsPath(resource, namespaced ? namespace : undefined)}/${encodeURIComponent(name)}`;
}

/** The path of all objects of a kind: in one namespace, or in all of them and of a cluster-scoped kind. */
export function objectsPath(
  { group, version, plural }: Pick<FollowedResource, "group" | "version" | "plural">,
  namespace: string | undefined,
): string {
  const inside = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${groupPath(group, version)}${inside}/${plural}`;
}

/** Where a group and version begin: "/api/v1", "/apis/apps/v1". */
export function groupPath(group: string, version: string): string {
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

function core(kind: Exclude<StoredKind, "Runtime">, plural: string) {
  return { table: kind, kind, group: "", version: "v1", plural } as const;
}

function ofFluid(kind: string, plural: string): ApiResource {
  const table = kind === "Dataset" ? "Dataset" : "Runtime";
  return { table, kind, group: fluidGroup, version: "v1alpha1", plural, namespaced: true };
}
