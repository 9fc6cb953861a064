import { fluidGroup } from "./api-resources.ts";
import type { StoredKind } from "./stored-object.ts";

const clusterScoped: readonly StoredKind[] = ["Namespace", "PersistentVolume", "StorageClass", "Node"];

/** The group of an apiVersion: "apps" of "apps/v1", "" of "v1". */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash === -1 ? "" : apiVersion.slice(0, slash);
}

/** The table for objects of this kind, or undefined when no decision asks for them. */
export function storedKindOf(group: string, kind: string): StoredKind | undefined {
  if (group === fluidGroup) {
    if (kind === "Dataset") return "Dataset";
    return kind.endsWith("Runtime") && kind !== "Runtime" ? "Runtime" : undefined;
  }
  if (group === "storage.k8s.io") return kind === "StorageClass" ? "StorageClass" : undefined;
  if (group === "apps") return kind === "DaemonSet" ? "DaemonSet" : undefined;
  if (group !== "") return undefined;
  switch (kind) {
    case "Namespace":
    case "PersistentVolumeClaim":
    case "PersistentVolume":
    case "ServiceAccount":
    case "Node":
      return kind;
    default:
      return undefined;
  }
}

/** Whether objects of this table belong to no namespace. */
export function isClusterScoped(table: StoredKind): boolean {
  return clusterScoped.includes(table);
}
