import type { ObjectPlace, PatchOperation } from "../../cluster/cluster-writer.ts";
import { fieldAt, isRawObject, type RawObject, textAt } from "../../cluster/raw-fields.ts";
import { workloads } from "../../cluster/workload-kinds.ts";
import { type MissedPod, restartedForAnnotation } from "./missed-pod.ts";
import { type PodMaker, restartableKind } from "./pod-maker.ts";

/** What `kubectl rollout restart` writes into a template. (kubectl: pkg/polymorphichelpers/objectrestarter.go.) */
const restartedAtAnnotation = "kubectl.kubernetes.io/restartedAt";

export type RestartPlan =
  | { readonly kind: "restart"; readonly patch: readonly PatchOperation[] }
  /** Not now, or never. */
  | { readonly kind: "leave"; readonly why: string };

/** Where the workload is that makes the pod; undefined where it is none that could be restarted. */
export function workloadPlace(maker: PodMaker, namespace: string): ObjectPlace | undefined {
  const kind = restartableKind(maker);
  return kind && { ...workloads[kind], namespace, name: maker.name };
}

/** "Deployment demo/web". */
export function workloadTitle({ maker, namespace }: Pick<MissedPod, "maker" | "namespace">): string {
  return `${maker.kind} ${namespace}/${maker.name}`;
}

/** Whether a restart could give the pod its clients: not to one that would be refused, nor to one of an earlier restart. */
export function helpsToRestart({ maker, refusal, restarted }: MissedPod): boolean {
  return restartableKind(maker) !== undefined && maker.revision !== undefined && !refusal && !restarted;
}

/**
 * Plans the restart of a workload as it is stored now. It is left alone where it was restarted for missed pods before,
 * while it rolls out, and where a restart would change no pod. `at`: RFC 3339.
 */
export function planRestart(workload: RawObject, { maker }: MissedPod, at: string): RestartPlan {
  const template = fieldAt(workload, "spec", "template");
  const before = textAt(template, "metadata", "annotations", restartedForAnnotation);
  if (before !== undefined)
    return { kind: "leave", why: `it was restarted once already, for the pods of revision ${before}` };
  if (maker.uid !== undefined && maker.uid !== textAt(workload, "metadata", "uid"))
    return { kind: "leave", why: "the pods are those of another one, which had its name" };
  if (fieldAt(workload, "metadata", "deletionTimestamp") !== undefined)
    return { kind: "leave", why: "it is being deleted" };
  if (fieldAt(workload, "spec", "paused") === true) return { kind: "leave", why: "it is paused" };
  if (textAt(workload, "spec", "updateStrategy", "type") === "OnDelete")
    return { kind: "leave", why: "its updateStrategy is OnDelete: delete its pods" };
  if (!isRolledOut(maker.kind, workload)) return { kind: "leave", why: "it is rolling out" };
  const metadata = fieldAt(template, "metadata");
  const annotations = fieldAt(metadata, "annotations");
  const path = "/spec/template/metadata/annotations";
  const missing: PatchOperation[] = isRawObject(annotations) ? [] : [{ op: "add", path, value: {} }];
  const noMetadata: PatchOperation[] = isRawObject(metadata)
    ? []
    : [{ op: "add", path: "/spec/template/metadata", value: {} }];
  return {
    kind: "restart",
    patch: [
      { op: "test", path: "/metadata/uid", value: textAt(workload, "metadata", "uid") },
      // Nobody has changed or restarted it meanwhile, another leader neither.
      { op: "test", path: "/metadata/generation", value: fieldAt(workload, "metadata", "generation") },
      ...noMetadata,
      ...missing,
      { op: "add", path: `${path}/${restartedAtAnnotation.replace("/", "~1")}`, value: at },
      { op: "add", path: `${path}/${restartedForAnnotation.replace("/", "~1")}`, value: maker.revision },
    ],
  };
}

/** Whether all its pods are of the template that it has now. (Kubernetes: kubectl's rollout status.) */
function isRolledOut(kind: string | undefined, workload: RawObject): boolean {
  const status = (key: string) => Number(fieldAt(workload, "status", key) ?? 0);
  if (status("observedGeneration") < Number(fieldAt(workload, "metadata", "generation") ?? 0)) return false;
  if (kind === "DaemonSet") return status("updatedNumberScheduled") >= status("desiredNumberScheduled");
  if (kind === "Deployment") return status("updatedReplicas") >= status("replicas");
  return textAt(workload, "status", "currentRevision") === textAt(workload, "status", "updateRevision");
}
