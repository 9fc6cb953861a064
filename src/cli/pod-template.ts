import { isRawObject } from "../cluster/raw-fields.ts";
import { InputError } from "./input-error.ts";
import type { ManifestObject, ManifestPath } from "./read-manifest.ts";

/** Where each kind of workload keeps its pod template; the kinds that Kubernetes itself has. */
const templatePaths: Readonly<Record<string, ManifestPath>> = {
  Pod: [],
  PodTemplate: ["template"],
  ReplicationController: ["spec", "template"],
  ReplicaSet: ["spec", "template"],
  Deployment: ["spec", "template"],
  StatefulSet: ["spec", "template"],
  DaemonSet: ["spec", "template"],
  Job: ["spec", "template"],
  CronJob: ["spec", "jobTemplate", "spec", "template"],
};
const groups = new Set(["", "apps", "batch", "extensions"]);

/** A pod, or the template of one, within an object. */
export interface PodPart {
  /** From the object's own root. */
  readonly path: ManifestPath;
  /** The pod as the API server would be sent it. */
  readonly pod: Record<string, unknown>;
  /** The template has no metadata, so that edits there need it made first. */
  readonly withoutMetadata: boolean;
}

/**
 * The pod of a Pod or workload; `undefined` for every other kind.
 * Throws `InputError` for a workload whose template is not there.
 */
export function findPod(object: ManifestObject): PodPart | undefined {
  const group = object.apiVersion.includes("/") ? object.apiVersion.replace(/\/.*/, "") : "";
  const path = groups.has(group) ? templatePaths[object.kind] : undefined;
  if (path === undefined) return undefined;
  let part: unknown = object.value;
  for (const key of path) part = isRawObject(part) ? part[key] : undefined;
  if (!isRawObject(part) || !isRawObject(part["spec"])) {
    const missing = [...path, "spec"].join(".");
    const name = object.name === "" ? "without name" : object.name;
    throw new InputError([`${object.place}: ${object.kind} ${name} has no ${missing}`]);
  }
  const metadata = isRawObject(part["metadata"]) ? part["metadata"] : undefined;
  if (path.length === 0) return { path, pod: part, withoutMetadata: metadata === undefined };
  // The controller that makes the pod gives it name and namespace, whatever the template says of them.
  const { name: _name, namespace: _namespace, ...kept } = metadata ?? {};
  const pod = {
    apiVersion: "v1",
    kind: "Pod",
    ...part,
    metadata: { ...kept, generateName: `${object.name}-` },
  };
  return { path, pod, withoutMetadata: metadata === undefined };
}
