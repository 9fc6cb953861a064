import type { ManagedFieldsEntry } from "kubernetes-types/meta/v1";

// Members by which the API server tells the items of a list apart.
const listKeys = ["containerPort", "mountPath", "uid", "name"];

/** Who wrote which field of `object`, in which `second`, as the API server notes it before admission: a third of a review. */
export function managedFieldsOf(object: object, second: number): ManagedFieldsEntry[] {
  return [
    {
      manager: "kube-controller-manager",
      operation: "Update",
      apiVersion: "v1",
      time: new Date(Date.UTC(2026, 10, 20) + second * 1_000).toISOString().replace(".000Z", "Z"),
      fieldsType: "FieldsV1",
      fieldsV1: fieldsOf(object),
    },
  ];
}

function fieldsOf(value: unknown): Record<string, object> {
  if (Array.isArray(value)) return fieldsOfList(value);
  if (typeof value !== "object" || value === null) return {};
  const fields: Record<string, object> = {};
  for (const [key, member] of Object.entries(value)) fields[`f:${key}`] = fieldsOf(member);
  return fields;
}

function fieldsOfList(list: readonly unknown[]): Record<string, object> {
  const fields: Record<string, object> = {};
  for (const item of list) {
    if (typeof item !== "object" || item === null) return {};
    const key = listKeys.find((candidate) => candidate in item);
    if (key === undefined) return {};
    fields[`k:${JSON.stringify({ [key]: Reflect.get(item, key) })}`] = { ".": {}, ...fieldsOf(item) };
  }
  return fields;
}
