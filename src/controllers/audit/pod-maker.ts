import { fieldAt, objectsAt, type RawObject, textAt } from "../../cluster/raw-fields.ts";

/** Who makes a pod again when it is gone. */
export interface PodMaker {
  /** "Deployment", "Job", …; undefined for a pod that nobody makes again. */
  readonly kind: string | undefined;
  readonly name: string;
  /** Its API group and version: "apps/v1". */
  readonly apiVersion: string;
  /** Undefined for a Deployment, which the pod's ReplicaSet names and the pod does not. */
  readonly uid: string | undefined;
  /** Of the workload's template: by it one knows whether a pod is older than a restart. */
  readonly revision: string | undefined;
}

/** What `kubectl rollout restart` restarts. */
const restartable = ["Deployment", "StatefulSet", "DaemonSet"] as const;

const mirrorAnnotation = "kubernetes.io/config.mirror";

/** Reads who makes a pod, from the pod alone. (Kubernetes: pkg/controller/deployment/util, names of ReplicaSets.) */
export function makerOf(pod: RawObject): PodMaker {
  const owner = objectsAt(pod, "metadata", "ownerReferences").find((one) => one["controller"] === true);
  const revision =
    textAt(pod, "metadata", "labels", "pod-template-hash") ??
    textAt(pod, "metadata", "labels", "controller-revision-hash");
  const [kind, name = ""] = [textAt(owner, "kind"), textAt(owner, "name")];
  const apiVersion = textAt(owner, "apiVersion") ?? "v1";
  if (kind === undefined) {
    const isMirror = fieldAt(pod, "metadata", "annotations", mirrorAnnotation) !== undefined;
    const node = { kind: "Node", name: textAt(pod, "spec", "nodeName") ?? "", uid: undefined };
    return { ...(isMirror ? node : { kind: undefined, name: "", uid: undefined }), apiVersion, revision };
  }
  const hash = textAt(pod, "metadata", "labels", "pod-template-hash");
  if (kind === "ReplicaSet" && apiVersion === "apps/v1" && hash !== undefined && name.endsWith(`-${hash}`)) {
    const deployment = name.slice(0, -hash.length - 1);
    return { kind: "Deployment", name: deployment, apiVersion, uid: undefined, revision };
  }
  return { kind, name, apiVersion, uid: textAt(owner, "uid"), revision };
}

/** The kind of what makes the pod, where `kubectl rollout restart` restarts it. */
export function restartableKind({ kind }: Pick<PodMaker, "kind">): (typeof restartable)[number] | undefined {
  return restartable.find((one) => one === kind);
}

/** What to do so that a pod like this one is made, and injected. `pod` is its name. */
export function remedyFor({ kind, name }: PodMaker, namespace: string, pod: string): string {
  const kubectl = `kubectl -n ${namespace}`;
  const remove = `${kubectl} delete pod ${pod}`;
  if (kind === undefined) return `${remove}, and create it again from its manifest`;
  if (restartableKind({ kind }) !== undefined)
    return `${kubectl} rollout restart ${kind.toLowerCase()}/${name}`;
  if (kind === "Node") return `put the output of "sluice inject" where node ${name} keeps its manifest`;
  return `${remove}: ${kind} ${name} makes it again`;
}
