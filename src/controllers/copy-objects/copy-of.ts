import { isDeepStrictEqual } from "node:util";
import { fieldAt, isRawObject, objectsAt, type RawObject, textAt } from "../../cluster/raw-fields.ts";
import type { ClientObject } from "../../types/dataset-volume.ts";

/** Label of each copy, by which they are found and known as ours. */
const copyLabel = "sluice.io/copied-by";
const copyLabelValue = "sluice-controllers";
/** Annotation of each copy: "namespace/name" of its original. */
const originalAnnotation = "sluice.io/copied-from";

/** The Dataset that a copy is for: the copy goes with it. */
export interface Owner {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export type Step =
  /** It is as it has to be. */
  | { readonly kind: "keep" }
  | { readonly kind: "create"; readonly object: RawObject }
  | { readonly kind: "replace"; readonly object: RawObject }
  /** It cannot be changed into what it has to be. */
  | { readonly kind: "recreate"; readonly uid: string; readonly object: RawObject }
  | { readonly kind: "remove"; readonly uid: string }
  | { readonly kind: "leave"; readonly why: string };

/** Kubernetes binds these to a ServiceAccount of their namespace. */
const tokenType = "kubernetes.io/service-account-token";

/**
 * What has to be done about the copy of `original` (undefined: there is none) for `owner`, where `existing` stands in
 * its place now. An object that is not a copy of ours, or is one of another original, is left as it is.
 */
export function planCopy(
  { kind, name }: ClientObject,
  from: string,
  original: RawObject | undefined,
  existing: RawObject | undefined,
  owner: Owner,
): Step {
  const title = `${kind} ${from}/${name}`;
  if (existing !== undefined && !isCopy(existing))
    return {
      kind: "leave",
      why: `${kind} ${owner.namespace}/${name} is there already and is no copy of ours`,
    };
  const known = textAt(existing, "metadata", "annotations", originalAnnotation);
  if (existing !== undefined && known !== `${from}/${name}`)
    return {
      kind: "leave",
      why: `${kind} ${owner.namespace}/${name} is a copy of ${known ?? "something else"}`,
    };
  if (original === undefined) return { kind: "leave", why: `${title} does not exist: create it` };
  if (textAt(original, "type") === tokenType)
    return { kind: "leave", why: `${title} is a ServiceAccount's token, which is of no use elsewhere` };

  const content = contentOf(original);
  const owners = ownersWith(objectsAt(existing, "metadata", "ownerReferences"), owner);
  if (existing === undefined)
    return { kind: "create", object: copyOf(kind, name, from, content, owners, owner) };
  const same = isDeepStrictEqual(contentOf(existing), content);
  if (same && isDeepStrictEqual(objectsAt(existing, "metadata", "ownerReferences"), owners))
    return { kind: "keep" };
  const uid = textAt(existing, "metadata", "uid") ?? "";
  const locked = existing["immutable"] === true || textAt(existing, "type") !== textAt(original, "type");
  if (!same && locked)
    return { kind: "recreate", uid, object: copyOf(kind, name, from, content, owners, owner) };
  const { data: _data, binaryData: _binary, ...rest } = existing;
  const metadata = fieldAt(existing, "metadata");
  const changed = { ...(isRawObject(metadata) ? metadata : {}), ownerReferences: owners };
  return { kind: "replace", object: { ...rest, ...content, metadata: changed } };
}

/** What has to be done about a copy that `owner` no longer needs. */
export function planRemoval(existing: RawObject | undefined, { uid }: Owner): Step {
  if (existing === undefined || !isCopy(existing)) return { kind: "keep" };
  const before = objectsAt(existing, "metadata", "ownerReferences");
  const owners = before.filter((reference) => reference["uid"] !== uid);
  if (owners.length === 0) return { kind: "remove", uid: textAt(existing, "metadata", "uid") ?? "" };
  if (owners.length === before.length) return { kind: "keep" };
  const metadata = fieldAt(existing, "metadata");
  return {
    kind: "replace",
    object: {
      ...existing,
      metadata: { ...(isRawObject(metadata) ? metadata : {}), ownerReferences: owners },
    },
  };
}

function isCopy(object: RawObject): boolean {
  return textAt(object, "metadata", "labels", copyLabel) === copyLabelValue;
}

function copyOf(
  kind: string,
  name: string,
  from: string,
  content: RawObject,
  ownerReferences: readonly RawObject[],
  { namespace }: Owner,
): RawObject {
  const labels = { [copyLabel]: copyLabelValue };
  const annotations = { [originalAnnotation]: `${from}/${name}` };
  return {
    apiVersion: "v1",
    kind,
    metadata: { namespace, name, labels, annotations, ownerReferences },
    ...content,
  };
}

/** All that a client reads of it. */
function contentOf(object: RawObject): RawObject {
  const content: Record<string, unknown> = {};
  for (const key of ["type", "data", "binaryData"]) {
    const value = object[key];
    if (value !== undefined && value !== null) content[key] = value;
  }
  return content;
}

function ownersWith(before: readonly RawObject[], { name, uid }: Owner): readonly RawObject[] {
  if (before.some((reference) => reference["uid"] === uid)) return before;
  return [...before, { apiVersion: "data.fluid.io/v1alpha1", kind: "Dataset", name, uid }];
}
