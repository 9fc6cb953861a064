import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { type ApiClient, ApiError } from "./api-client.ts";
import { type Fields, fieldsOf, textAt } from "./fields.ts";

/** Where the objects of a kind are kept; `namespaced` unless it says otherwise. */
const collections: Readonly<
  Record<string, { readonly api: string; readonly plural: string; readonly clusterWide?: true }>
> = {
  Namespace: { api: "/api/v1", plural: "namespaces", clusterWide: true },
  Node: { api: "/api/v1", plural: "nodes", clusterWide: true },
  PersistentVolume: { api: "/api/v1", plural: "persistentvolumes", clusterWide: true },
  PersistentVolumeClaim: { api: "/api/v1", plural: "persistentvolumeclaims" },
  Pod: { api: "/api/v1", plural: "pods" },
  ConfigMap: { api: "/api/v1", plural: "configmaps" },
  Secret: { api: "/api/v1", plural: "secrets" },
  ServiceAccount: { api: "/api/v1", plural: "serviceaccounts" },
  ResourceQuota: { api: "/api/v1", plural: "resourcequotas" },
  LimitRange: { api: "/api/v1", plural: "limitranges" },
  DaemonSet: { api: "/apis/apps/v1", plural: "daemonsets" },
  Deployment: { api: "/apis/apps/v1", plural: "deployments" },
  StatefulSet: { api: "/apis/apps/v1", plural: "statefulsets" },
  Job: { api: "/apis/batch/v1", plural: "jobs" },
  CronJob: { api: "/apis/batch/v1", plural: "cronjobs" },
  StorageClass: { api: "/apis/storage.k8s.io/v1", plural: "storageclasses", clusterWide: true },
  CustomResourceDefinition: {
    api: "/apis/apiextensions.k8s.io/v1",
    plural: "customresourcedefinitions",
    clusterWide: true,
  },
};

/** The path of all objects of a kind, in `namespace` where it has namespaces. */
export function collectionOf(kind: string, namespace = "default"): string {
  const fluid = { api: "/apis/data.fluid.io/v1alpha1", plural: `${kind.toLowerCase()}s` };
  const { api, plural, clusterWide }: (typeof collections)[string] = collections[kind] ?? fluid;
  return clusterWide ? `${api}/${plural}` : `${api}/namespaces/${namespace}/${plural}`;
}

/** The path of one object. */
export function pathOf(object: unknown): string {
  const namespace = textAt(object, "metadata", "namespace") || "default";
  return `${collectionOf(textAt(object, "kind"), namespace)}/${textAt(object, "metadata", "name")}`;
}

/**
 * Creates an object and gives it its status, as whoever made it in the cluster it was taken from has done. One that
 * exists is left as it is. The phase of claims and volumes is the controller manager's to set.
 */
export async function addObject(api: ApiClient, object: Fields): Promise<void> {
  const { status, ...rest } = object;
  const path = pathOf(object);
  try {
    await api.create(path.slice(0, path.lastIndexOf("/")), rest);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 409) throw error;
  }
  const own = textAt(object, "kind").startsWith("PersistentVolume");
  if (status !== undefined && !own) await api.patch(`${path}/status`, { status });
}

/** All objects of the YAML files of a folder. */
export function readObjects(folder: string): Fields[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .flatMap((file) => parseObjects(readFileSync(join(folder, file), "utf8")));
}

export function parseObjects(text: string): Fields[] {
  return parseAllDocuments(text)
    .map((document) => fieldsOf(document.toJS()))
    .filter((object) => object["kind"] !== undefined);
}
