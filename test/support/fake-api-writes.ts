import fastJsonPatch from "fast-json-patch";
import type { ApiObject, FakeApiStore } from "./fake-api-store.ts";

export type WriteVerb = "create" | "update" | "patch" | "delete";

export const writeVerbs: Readonly<Record<string, WriteVerb>> = {
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

export interface Write {
  readonly verb: string;
  readonly resource: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly body?: unknown;
}

export type WriteAnswer = { readonly code: number } & (
  | { readonly object: ApiObject }
  | { readonly message: string }
);

/** Writes as an API server does: AlreadyExists, Conflict by resourceVersion or uid, a patch's failed test as 422. */
export function writeObject(store: FakeApiStore, write: Write): WriteAnswer {
  const { verb, resource, namespace, body } = write;
  if (verb === "patch") return patchObject(store, write);
  if (verb === "delete") return deleteObject(store, write);
  if (!isObject(body)) return { code: 400, message: "the body is no object" };
  const before = store.find(resource, body.metadata.name, namespace);
  const title = `${resource} "${body.metadata.name}"`;
  if (verb === "create") {
    if (before !== undefined) return { code: 409, message: `${title} already exists` };
    return { code: 201, object: store.put(resource, body) };
  }
  if (before === undefined) return { code: 404, message: `${title} not found` };
  if (before.metadata["resourceVersion"] !== body.metadata["resourceVersion"])
    return { code: 409, message: `${title}: the object has been modified` };
  return { code: 200, object: store.put(resource, body) };
}

function patchObject(store: FakeApiStore, { resource, namespace, name = "", body }: Write): WriteAnswer {
  const before = store.find(resource, name, namespace);
  if (before === undefined) return { code: 404, message: `${resource} "${name}" not found` };
  try {
    const patched: unknown = structuredClone(before);
    if (!Array.isArray(body)) throw new Error("the patch is no list");
    fastJsonPatch.applyPatch(patched, body, true);
    if (!isObject(patched)) throw new Error("the result is no object");
    const same = JSON.stringify(patched) === JSON.stringify(before);
    return { code: 200, object: same ? before : store.put(resource, inNextGeneration(before, patched)) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { code: 422, message: `the patch cannot be applied: ${why}` };
  }
}

/** An API server counts what was asked for anew; only objects that have been given a generation are counted here. */
function inNextGeneration(before: ApiObject, patched: ApiObject): ApiObject {
  const { generation } = before.metadata;
  const same = JSON.stringify(patched["spec"]) === JSON.stringify(before["spec"]);
  if (same || typeof generation !== "number") return patched;
  return { ...patched, metadata: { ...patched.metadata, generation: generation + 1 } };
}

function deleteObject(store: FakeApiStore, { resource, namespace, name = "", body }: Write): WriteAnswer {
  const before = store.find(resource, name, namespace);
  if (before === undefined) return { code: 404, message: `${resource} "${name}" not found` };
  const asked: { readonly preconditions?: { readonly uid?: string } } = Object(body);
  const uid = asked.preconditions?.uid;
  if (uid !== undefined && uid !== before.metadata["uid"])
    return { code: 409, message: `${resource} "${name}": the UID in the precondition does not match` };
  store.delete(resource, name, namespace);
  return { code: 200, object: before };
}

function isObject(value: unknown): value is ApiObject {
  return typeof value === "object" && value !== null && "metadata" in value;
}
