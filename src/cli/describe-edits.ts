import type { Container, Pod, Volume } from "kubernetes-types/core/v1";
import { Document } from "yaml";
import { isRawObject } from "../cluster/raw-fields.ts";
import type { Edit } from "../types/edit.ts";
import { editDocument, parsePointer } from "./edit-document.ts";

/** One part of a pod that was put in or changed, in words. */
export interface ChangedPart {
  /** "init container fluid-fuse-0", "volume data is now an emptyDir". */
  readonly what: string;
  /** More of what it is, such as its image. */
  readonly details?: string;
  /** Why, and where it comes from. */
  readonly why: string;
}

/** The parts of `pod` that `edits` (paths from the pod's root) change, several edits of one part told as one. */
export function describeEdits(pod: Pod, edits: readonly Edit[]): ChangedPart[] {
  const document = new Document(pod, { aliasDuplicateObjects: false });
  const parts = new Map<string, ChangedPart>();
  for (const { operation, why } of edits) {
    const path = parsePointer(operation.path);
    // The names that a path's numbers stand for are those at the moment of the edit.
    const nameAt = (keys: readonly string[], key: string): string =>
      String(document.getIn([...keys, key]) ?? "");
    const value = operation.op === "add" || operation.op === "replace" ? operation.value : undefined;
    for (const part of describeEdit(path, operation.op, value, nameAt)) {
      const key = `${part.what}\n${why}`;
      if (!parts.has(key)) parts.set(key, { ...part, why });
    }
    editDocument(document, [], [operation]);
  }
  return [...parts.values()];
}

type Described = Omit<ChangedPart, "why">;
type NameAt = (keys: readonly string[], key: string) => string;

function describeEdit(path: readonly string[], op: string, value: unknown, nameAt: NameAt): Described[] {
  const [top = "", member = ""] = path;
  switch (top === "spec" ? member : `${top} ${member}`) {
    case "metadata labels":
    case "metadata annotations":
      return describeMarks(member.slice(0, -1), path, value);
    case "containers":
    case "initContainers":
      return describeContainers(member, path, op, value, nameAt);
    case "volumes":
      return describeVolumes(path, op, value, nameAt);
    case "affinity":
      return [{ what: "node affinity" }];
    case "imagePullSecrets":
      return [{ what: `image pull secret ${listNames(path[2] === undefined ? value : [value])}` }];
    default:
      return [{ what: op === "remove" ? `${path.join(".")} is removed` : path.join(".") + shortly(value) }];
  }
}

function describeMarks(kind: string, path: readonly string[], value: unknown): Described[] {
  const key = path[2];
  const marks: [string, unknown][] =
    key === undefined ? Object.entries(isRawObject(value) ? value : {}) : [[key, value]];
  return marks.map(([name, text]) => ({ what: `${kind} ${name}`, details: cut(String(text)) }));
}

function describeContainers(
  list: string,
  path: readonly string[],
  op: string,
  value: unknown,
  nameAt: NameAt,
): Described[] {
  const kind = list === "initContainers" ? "init container" : "container";
  const [, , index, field, mount] = path;
  if (path.length <= 3 && op !== "move" && op !== "remove") {
    const added: unknown = index === undefined ? value : [value];
    return Array.isArray(added)
      ? added.map((container: Container) => describeContainer(kind, container))
      : [];
  }
  const name = nameAt(path.slice(0, 3), "name");
  if (path.length <= 3)
    return [{ what: op === "move" ? `order of the ${kind}s` : `${kind} ${name} is removed` }];
  if (field === "volumeMounts" && mount !== undefined) {
    const mountPath =
      nameAt(path.slice(0, 5), "mountPath") || (isRawObject(value) ? String(value["mountPath"]) : "");
    return [{ what: `mount ${mountPath} of ${kind} ${name}` }];
  }
  return [{ what: `${kind} ${name}: ${path.slice(3).join(".")}${shortly(value)}` }];
}

function describeContainer(kind: string, container: Container): Described {
  const { requests, limits } = container.resources ?? {};
  const sizes = ["cpu", "memory"].flatMap((name) => {
    const [request, limit] = [requests?.[name], limits?.[name]];
    if (request === undefined && limit === undefined) return [];
    return [`${name} ${request ?? "0"} to ${limit ?? "any"}`];
  });
  const type = container.restartPolicy === "Always" ? `native sidecar (${kind})` : kind;
  return { what: `${type} ${container.name}`, details: [`image ${container.image}`, ...sizes].join(", ") };
}

function describeVolumes(path: readonly string[], op: string, value: unknown, nameAt: NameAt): Described[] {
  const part = path.slice(3).join(".");
  if (part !== "") return [{ what: `volume ${nameAt(path.slice(0, 3), "name")}: ${part}${shortly(value)}` }];
  const added: unknown = path[2] === undefined ? value : [value];
  return Array.isArray(added) ? added.map((volume: Volume) => describeVolume(volume, op)) : [];
}

function describeVolume(volume: Volume, op: string): Described {
  const [type = "volume"] = Object.keys(volume).filter((key) => key !== "name");
  const medium = volume.emptyDir?.medium === "Memory" ? " in memory" : "";
  const of = volume.configMap?.name ?? volume.secret?.secretName ?? volume.hostPath?.path;
  const described = `${type}${medium}${of === undefined ? "" : ` ${of}`}`;
  return op === "replace"
    ? { what: `volume ${volume.name} is now: ${described}` }
    : { what: `volume ${volume.name}`, details: described };
}

function listNames(value: unknown): string {
  return Array.isArray(value)
    ? value.map((item) => (isRawObject(item) ? String(item["name"]) : "")).join(", ")
    : "";
}

function shortly(value: unknown): string {
  if (value === undefined) return "";
  const text = JSON.stringify(value);
  return text.length <= 60 ? ` = ${text}` : "";
}

/** Long values, such as JSON in annotations, would hide the rest. */
function cut(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
