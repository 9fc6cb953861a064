import { describeBadProfile } from "./bad-profile.ts";
import { isFactsMap, isJuicefsConfig, secretOfFacts } from "./juicefs-projections.ts";
import { pluginProfileKey } from "./plugin-profile.ts";
import { fieldAt, isRawObject, type RawObject, textAt } from "./raw-fields.ts";
import { groupOf, isClusterScoped, storedKindOf } from "./stored-kind.ts";
import { projectObject, type StoredKind, type StoredObject } from "./stored-object.ts";

/** What one object of a manifest is to us. */
export type ManifestObject =
  | { readonly stored: StoredObject }
  /** The kind, with its group where it has one: "ConfigMap", "Service.serving.knative.dev". */
  | { readonly ignored: string }
  | { readonly problem: string };

/** The kind and apiVersion that the members of a list have when they do not say so themselves. */
interface ListedAs {
  readonly kind: string;
  readonly apiVersion: string;
}

/**
 * The objects of one document, lists unpacked: a v1 `List`, or the `DatasetList` and the like that an API server
 * gives, whose items may leave out what the list's kind already says. An empty document holds none.
 * `firstItem` is the number of the first item, where `value` is a part of a list.
 */
export function* unpackManifest(value: unknown, firstItem = 0): Generator<ManifestObject> {
  if (value !== null && value !== undefined) yield* unpack(value, "the document", undefined, 0, firstItem);
}

function* unpack(
  value: unknown,
  where: string,
  as: ListedAs | undefined,
  depth: number,
  firstItem = 0,
): Generator<ManifestObject> {
  if (!isRawObject(value)) {
    yield {
      problem: `${where} is no Kubernetes object but ${describe(value)}; remove it, or put objects in a List`,
    };
    return;
  }
  const kind = textAt(value, "kind") ?? as?.kind;
  const apiVersion = textAt(value, "apiVersion") ?? as?.apiVersion;
  if (!kind || !apiVersion) {
    yield { problem: `${where} has no ${kind ? "apiVersion" : "kind"}; add it` };
    return;
  }
  const items = fieldAt(value, "items");
  if (!kind.endsWith("List") || !Array.isArray(items)) {
    const object = readObject(value, kind, apiVersion, where);
    yield object;
    const problem = "stored" in object ? problemOf(object.stored) : undefined;
    if (problem !== undefined) yield { problem };
    return;
  }
  if (depth > 3) {
    yield { problem: `${where} is a list in a list in a list; put its objects in one List` };
    return;
  }
  const itemsAs = kind === "List" ? undefined : { kind: kind.slice(0, -"List".length), apiVersion };
  for (const [index, item] of items.entries())
    yield* unpack(item, `items[${firstItem + index}]`, itemsAs, depth + 1);
}

function readObject(raw: RawObject, kind: string, apiVersion: string, where: string): ManifestObject {
  const group = groupOf(apiVersion);
  const table =
    group === "" ? (coreTable(raw, kind) ?? storedKindOf(group, kind)) : storedKindOf(group, kind);
  if (table === undefined) return { ignored: group === "" ? kind : `${kind}.${group}` };
  const name = textAt(raw, "metadata", "name");
  if (!name) return { problem: `${where}, a ${kind}, has no metadata.name; add it` };
  const namespace = textAt(raw, "metadata", "namespace") || "default";
  if (name.includes("/") || (namespace.includes("/") && !isClusterScoped(table))) {
    return { problem: `${where}, a ${kind}, has a slash in its name or namespace; correct it` };
  }
  const place = (kind === "ConfigMap" && table === "JuicefsSecret" && secretOfFacts(raw)) || {
    namespace,
    name,
  };
  return { stored: projectObject(table, kind, raw, place) };
}

/** What a ConfigMap or Secret could be to us, wherever it is and whatever its name. */
function coreTable(raw: RawObject, kind: string): StoredKind | undefined {
  if (kind === "Secret") return "JuicefsSecret";
  if (kind !== "ConfigMap") return undefined;
  if (fieldAt(raw, "data", pluginProfileKey) !== undefined) return "PluginProfile";
  if (isFactsMap(raw)) return "JuicefsSecret";
  return isJuicefsConfig(raw) ? "JuicefsConfig" : undefined;
}

function problemOf({ kind, object }: StoredObject): string | undefined {
  if (kind === "JuicefsConfig" && object.problems.length > 0)
    return `holds ConfigMap ${object.namespace}/${object.name}, which does not count: ${object.problems.join("; ")}`;
  if (kind !== "PluginProfile" || object.problems.length === 0) return undefined;
  return `holds ${describeBadProfile(object)}`;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  return value === null ? "null" : `a ${typeof value}`;
}
