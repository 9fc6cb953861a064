import { fluidGroup } from "../../cluster/api-resources.ts";
import type { ClusterWriter, ObjectPlace } from "../../cluster/cluster-writer.ts";
import { fieldAt, type RawObject, textAt, textMapAt } from "../../cluster/raw-fields.ts";
import { objectKey, statedObjects } from "../../datasets/fluid/client-objects.ts";
import type { Log } from "../../telemetry/log.ts";
import { datasetAnnotations } from "../../types/dataset-annotations.ts";
import type { ClientObject } from "../../types/dataset-volume.ts";
import { type Controller, nothing } from "../controller.ts";
import type { EventWriter } from "../event-writer.ts";
import { type Owner, planCopy, planRemoval, type Step } from "./copy-of.ts";
import { findNeeded, type NeededObjects } from "./find-needed.ts";

export interface CopyObjectsOptions {
  /** Whether a Dataset ("namespace/name") refers to another one. */
  readonly isReference: (key: string) => boolean;
  readonly writer: Pick<ClusterWriter, "read" | "create" | "replace" | "delete" | "patch">;
  readonly events: Pick<EventWriter, "tell">;
  readonly log: Log;
  /** Namespaces whose ConfigMaps and Secrets may be copied, and those that copies may be put into; "*" is all. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** Originals are read this often, for nobody tells when they change. */
const refreshMs = 60_000;

/**
 * Copies the ConfigMaps and Secrets that the clients of reference datasets need into their namespaces, keeps the copies
 * like their originals, and says on the Dataset that they are there, which admission goes by.
 */
export function copyObjects(options: CopyObjectsOptions): Controller {
  const { isReference, writer, from, to } = options;
  return {
    name: "copy-objects",
    work: async (key, signal) => {
      const [namespace = "", name = ""] = key.split("/");
      if (!isReference(key) || !includes(to, namespace)) return nothing;
      const dataset = await writer.read(datasetPlace(namespace, name), signal);
      const uid = textAt(dataset, "metadata", "uid");
      const deleted = fieldAt(dataset, "metadata", "deletionTimestamp") !== undefined;
      if (dataset === undefined || uid === undefined || deleted) return nothing;
      const run = { ...options, dataset, owner: { namespace, name, uid }, signal };

      const needed = await findNeeded({ namespace, name }, writer, signal);
      if (needed === "nothing") return { result: "nothing", againMs: refreshMs };
      const obstacle = "problem" in needed ? needed.problem : unlessFrom(from, needed.from);
      if ("problem" in needed || obstacle !== undefined) {
        tell(run, "ClientObjectsNotCopied", obstacle ?? "");
        return { result: "not-copied", againMs: refreshMs };
      }
      const copied = await copyAll(needed, run);
      const removed = await removeOthers(needed.objects, run);
      const stated = await state(copied.there, needed.objects, run);
      return { result: copied.changed || removed || stated ? "copied" : "kept", againMs: refreshMs };
    },
  };
}

interface Run extends Pick<CopyObjectsOptions, "writer" | "log" | "events"> {
  /** The reference dataset, as it was read. */
  readonly dataset: RawObject;
  readonly owner: Owner;
  readonly signal: AbortSignal;
}

function unlessFrom(from: readonly string[], namespace: string): string | undefined {
  if (includes(from, namespace)) return undefined;
  return `namespace ${namespace} is not among those that may be copied from (controllers.copyClientObjects.from)`;
}

function tell({ events, owner }: Run, reason: string, message: string, about?: string): void {
  const dataset = { kind: "Dataset", key: `${owner.namespace}/${owner.name}`, uid: owner.uid } as const;
  events.tell(dataset, { type: "Warning", reason, message, ...(about === undefined ? {} : { about }) });
}

async function copyAll(
  { from, objects }: NeededObjects,
  run: Run,
): Promise<{ there: string[]; changed: boolean }> {
  const { writer, log, owner, signal } = run;
  const there: string[] = [];
  let changed = false;
  for (const object of objects) {
    const original = await writer.read(placeOf(object, from), signal);
    const existing = await writer.read(placeOf(object, owner.namespace), signal);
    const step = planCopy(object, from, original, existing, owner);
    if (step.kind === "leave") {
      // What stands there may be what the client needs: whoever put it there says so.
      log.info({ dataset: `${owner.namespace}/${owner.name}` }, step.why);
      tell(run, "ClientObjectNotCopied", step.why, objectKey(object));
      continue;
    }
    changed = (await apply(step, object, run)) || changed;
    there.push(objectKey(object));
  }
  return { there, changed };
}

/** Whether anything was written. */
async function apply(
  step: Step,
  object: ClientObject,
  { writer, log, owner, signal }: Run,
): Promise<boolean> {
  const place = placeOf(object, owner.namespace);
  const told = { dataset: `${owner.namespace}/${owner.name}`, object: objectKey(object) };
  switch (step.kind) {
    case "create":
      log.info(told, "copied");
      return writer.create(place, step.object, signal);
    case "replace":
      log.info(told, "the copy is brought up to date");
      return writer.replace(place, step.object, signal);
    case "recreate":
      log.info(told, "the copy is made anew, for it cannot be changed");
      return (await writer.delete(place, step.uid, signal)) && writer.create(place, step.object, signal);
    case "remove":
      log.info(told, "the copy is taken away, for nobody needs it");
      return writer.delete(place, step.uid, signal);
    default:
      return false;
  }
}

/** Takes away the copies that the annotation names and the client no longer needs. */
async function removeOthers(needed: readonly ClientObject[], run: Run): Promise<boolean> {
  const wanted = new Set(needed.map(objectKey));
  let removed = false;
  for (const key of statedIn(run.dataset)) {
    const object = objectOf(key);
    if (wanted.has(key) || object === undefined) continue;
    const existing = await run.writer.read(placeOf(object, run.owner.namespace), run.signal);
    removed = (await apply(planRemoval(existing, run.owner), object, run)) || removed;
  }
  return removed;
}

/** Says on the Dataset which objects are there. What others said stays; what was a copy and is not needed goes. */
async function state(
  there: readonly string[],
  needed: readonly ClientObject[],
  { writer, dataset, owner, signal }: Run,
): Promise<boolean> {
  const before = statedIn(dataset);
  const wanted = new Set(needed.map(objectKey));
  const kept: string[] = [];
  for (const key of before) {
    const object = objectOf(key);
    if (wanted.has(key) || object === undefined) kept.push(key);
    // A person's word for an object that is there, or is none of ours, is kept.
    else if ((await writer.read(placeOf(object, owner.namespace), signal)) !== undefined) kept.push(key);
  }
  const value = [...new Set([...kept, ...there])].sort().join(",");
  if (value === [...before].sort().join(",")) return false;
  const path = `/metadata/annotations/${datasetAnnotations.clientObjects.replace("/", "~1")}`;
  const bare = fieldAt(dataset, "metadata", "annotations") === undefined;
  return writer.patch(
    datasetPlace(owner.namespace, owner.name),
    [
      { op: "test", path: "/metadata/uid", value: owner.uid },
      ...(bare ? [{ op: "add" as const, path: "/metadata/annotations", value: {} }] : []),
      { op: "add", path, value },
    ],
    signal,
  );
}

function statedIn(dataset: RawObject): string[] {
  return statedObjects(textMapAt(dataset, "metadata", "annotations"));
}

function objectOf(key: string): ClientObject | undefined {
  const [kind, name] = key.split("/");
  if (name === undefined || name === "") return undefined;
  if (kind === "secret") return { kind: "Secret", name };
  return kind === "configmap" ? { kind: "ConfigMap", name } : undefined;
}

function placeOf({ kind, name }: ClientObject, namespace: string): ObjectPlace {
  return { group: "", version: "v1", plural: kind === "Secret" ? "secrets" : "configmaps", namespace, name };
}

function datasetPlace(namespace: string, name: string): ObjectPlace {
  return { group: fluidGroup, version: "v1alpha1", plural: "datasets", namespace, name };
}

function includes(list: readonly string[], namespace: string): boolean {
  return list.includes(namespace) || list.includes("*");
}
