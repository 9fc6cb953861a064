import { isRawObject, type RawObject, textAt } from "../cluster/raw-fields.ts";

/** Of a pod no more is kept: whoever makes pods makes them as large as the API server takes them, 1.5 MB. */
const mostCharacters = 32 * 1024;
/** A longer value is no part of a path, nor a choice of an annotation. */
const longestValue = 4_096;

/** The part of a pod that decides whether it was missed; undefined where even that is too large to be kept. */
export function decidedPart(raw: RawObject): RawObject | undefined {
  const { managedFields: _managed, annotations, ...metadata } = asObject(raw["metadata"]);
  const { containers, initContainers, ...spec } = asObject(raw["spec"]);
  const part = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...metadata, ...(annotations !== undefined && { annotations: withoutBulk(annotations) }) },
    spec: {
      ...spec,
      ...(initContainers !== undefined && { initContainers: eachOf(initContainers, containerPart) }),
      ...(containers !== undefined && { containers: eachOf(containers, containerPart) }),
    },
    status: { phase: textAt(raw, "status", "phase") },
  };
  return JSON.stringify(part).length > mostCharacters ? undefined : part;
}

/** Whoever asks for datasets does so by annotations of these. */
const asking = /sluice\.io|fluid\.io|juicefs/;

function withoutBulk(annotations: unknown): unknown {
  if (!isRawObject(annotations)) return annotations;
  const kept = Object.entries(annotations).filter(
    ([key, value]) => !(typeof value === "string" && value.length > longestValue) || asking.test(key),
  );
  return Object.fromEntries(kept);
}

/** By its command a client is known, and by a variable a sub path. */
function containerPart(container: RawObject): RawObject {
  const { args: _args, command, env, ...rest } = container;
  return {
    ...rest,
    ...(isOurs(command) && { command }),
    ...(env !== undefined && { env: eachOf(env, variablePart) }),
  };
}

function isOurs(command: unknown): boolean {
  return Array.isArray(command) && typeof command[3] === "string" && command[3].startsWith("sluice-");
}

function variablePart(variable: RawObject): RawObject {
  const { value, ...rest } = variable;
  return typeof value === "string" && value.length > longestValue ? rest : variable;
}

/** What is no list of mappings stays as it is: then it is no pod. */
function eachOf(list: unknown, partOf: (entry: RawObject) => RawObject): unknown {
  return Array.isArray(list) ? list.map((entry) => (isRawObject(entry) ? partOf(entry) : entry)) : list;
}

function asObject(value: unknown): RawObject {
  return isRawObject(value) ? value : {};
}
