import type { ClusterView } from "../cluster/cluster-view.ts";
import { secretData } from "../cluster/juicefs-projections.ts";
import { readJuicefsSecret } from "../cluster/juicefs-secret.ts";
import { projectPersistentVolume } from "../cluster/projections.ts";
import { fieldAt, isRawObject, textAt } from "../cluster/raw-fields.ts";
import { volumeProblem } from "../datasets/juicefs/validate-volume.ts";
import type { PodRequest } from "./pod-request.ts";

/** A request as the API server sends it for an object of any kind. */
export type ObjectRequest = Pick<PodRequest, "operation" | "kind" | "subResource" | "namespace" | "object">;

/**
 * Why a Secret cannot be that of a JuiceFS volume; undefined when nothing is wrong with it, or it is none of our
 * business. It is only read: nothing in it is executed or called, and no value of it gets into the answer.
 * (juicefs-csi-driver: pkg/webhook/handler/validator/secret.go, which runs the client on it.)
 */
export function secretRefusal(request: ObjectRequest): string | undefined {
  const { operation, kind, subResource, namespace, object } = request;
  if (kind !== "/v1/Secret" || subResource !== "" || !isRawObject(object)) return undefined;
  // What takes finalizers off a Secret that is being deleted is an update as well.
  const leaves = fieldAt(object, "metadata", "deletionTimestamp") !== undefined;
  if ((operation !== "CREATE" && operation !== "UPDATE") || leaves) return undefined;
  const reading = readJuicefsSecret(secretData(object));
  if (!("problem" in reading)) return undefined;
  return `Secret ${namespace}/${textAt(object, "metadata", "name") ?? ""}: ${reading.problem}`;
}

/**
 * Why a PersistentVolume that somebody makes for the JuiceFS CSI driver would not work; undefined when nothing is wrong
 * with it, or it is a provisioner's or another driver's.
 */
export function volumeRefusal(
  { operation, kind, subResource, object }: ObjectRequest,
  cluster: Pick<ClusterView, "volumesWithHandle">,
  driver: string,
): string | undefined {
  if (operation !== "CREATE" || kind !== "/v1/PersistentVolume" || subResource !== "") return undefined;
  if (!isRawObject(object) || textAt(object, "spec", "csi", "driver") !== driver) return undefined;
  if (textAt(object, "spec", "storageClassName")) return undefined;
  const name = textAt(object, "metadata", "name") ?? "";
  return volumeProblem(projectPersistentVolume(object, { namespace: "", name }), cluster);
}
