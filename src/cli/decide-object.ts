import type { Pod } from "kubernetes-types/core/v1";
import { decide } from "../admission/decide.ts";
import type { Decision } from "../admission/decision.ts";
import { creationOf } from "../admission/pod-request.ts";
import type { ClusterView } from "../cluster/cluster-view.ts";
import type { Config } from "../config.ts";
import type { Edit } from "../types/edit.ts";
import { findPod } from "./pod-template.ts";
import type { ManifestObject } from "./read-manifest.ts";

/** What was decided about one object of the input. */
export interface DecidedObject {
  readonly object: ManifestObject;
  readonly namespace: string;
  /** Absent for objects that make no pods. */
  readonly decision?: Decision;
  /** The decision's edits with paths from the object's own root; empty unless it is injected. */
  readonly edits: readonly Edit[];
  /** What the folder of manifests may lack, when that may be why nothing was done. */
  readonly hint?: string;
  /** The pod that was decided about, before any edit. */
  readonly pod?: Pod;
}

/**
 * Decides about the pod in `object` as if the API server asked on its creation.
 * `defaultNamespace` is for objects that state none. Throws `InputError` for a workload without template.
 */
export function decideObject(
  object: ManifestObject,
  defaultNamespace: string,
  cluster: ClusterView,
  config: Config,
): DecidedObject {
  const namespace = object.namespace ?? defaultNamespace;
  const part = findPod(object);
  if (part === undefined) return { object, namespace, edits: [] };
  const before = withoutNulls(part.pod) as Pod;
  const decision = decideSafely(before, namespace, cluster, config);
  const prefix = part.path.map((key) => `/${key}`).join("");
  const edits = decision.edits.map((edit) => moveBelow(prefix, edit));
  if (edits.length > 0 && part.withoutMetadata)
    edits.unshift({
      operation: { op: "add", path: `${prefix}/metadata`, value: {} },
      why: "holds the marks below",
    });
  const optedIn = decision.findings.every(({ code }) => code !== "not-opted-in");
  const unknown = !optedIn && cluster.namespace(namespace) === undefined;
  const hint = `Namespace ${namespace} is not in the cluster folder, so its labels are not known`;
  return { object, namespace, decision, edits, pod: before, ...(unknown ? { hint } : {}) };
}

/** As kubectl and the API server read it: a key without a value is a key that is not there. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  const stated = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(stated.map(([key, member]) => [key, withoutNulls(member)]));
}

function decideSafely(pod: Pod, namespace: string, cluster: ClusterView, config: Config): Decision {
  // A bare pod has not been through the API server either: its ServiceAccount's pull secrets are still to come.
  const request = creationOf(pod, namespace, true);
  try {
    return decide(request, cluster, config);
  } catch (error) {
    const message = `an error in Sluice itself, please report it: ${error instanceof Error ? error.message : error}`;
    const findings = [{ code: "internal-error" as const, message }];
    return { verdict: "rejected", volumes: [], findings, edits: [], pod };
  }
}

/** An edit of the pod as one of the object that the pod stands in, at `prefix`. */
export function moveBelow(prefix: string, { operation, why }: Edit): Edit {
  const moved = { ...operation, path: prefix + operation.path };
  return "from" in moved
    ? { operation: { ...moved, from: prefix + moved.from }, why }
    : { operation: moved, why };
}

/** "Deployment default/train", for messages: one line, whatever a manifest says. */
export function describeObject({ object, namespace }: DecidedObject): string {
  return `${object.kind} ${namespace}/${object.name || "(no name)"}`.replace(/\s+/g, " ");
}
