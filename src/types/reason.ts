import { datasetReasons } from "./dataset-reasons.ts";
import type { ObjectRef } from "./object-ref.ts";
import { platformReasons } from "./platform-reasons.ts";

/**
 * The one list of reasons. Every message to anybody (response, warning, audit annotation, log, metric, explain)
 * carries one of these codes.
 *
 * `level`: `info` tells what was done; `warning` is shown to whoever created the pod; `refusal` refuses the pod in
 * sidecar mode (HTTP status `status`: 403 permanent, 409 will change, 500 our fault) and is a warning in csi mode.
 */
export const reasons = {
  // The whole pod
  "not-a-pod-creation": { level: "info", meaning: "only the creation of pods is looked at" },
  "not-opted-in": { level: "info", meaning: "neither the namespace nor the pod asks for injection" },
  "opted-out": { level: "info", meaning: "a label on the pod says no" },
  "injection-disabled": { level: "info", meaning: "injection is switched off for the whole cluster" },
  "marked-done": { level: "warning", meaning: "the pod says it was injected already, yet holds no client" },
  "opted-in": { level: "info", meaning: "what asks for injection" },
  "no-dataset": { level: "info", meaning: "no volume of the pod belongs to a dataset" },
  "contradicting-labels": { level: "warning", meaning: "two opt-in labels contradict each other" },
  "bad-value": { level: "refusal", status: 403, meaning: "a label or annotation has a value we do not know" },
  "invalid-pod": { level: "refusal", status: 400, meaning: "the pod is not what Kubernetes calls a pod" },
  "namespace-mismatch": {
    level: "refusal",
    status: 403,
    meaning: "pod and request name different namespaces",
  },
  "internal-error": { level: "refusal", status: 500, meaning: "an error in Sluice itself" },
  "may-not-read": {
    level: "refusal",
    status: 500,
    meaning: "Sluice may not read what it would decide by",
  },

  // One volume
  "not-a-claim": { level: "info", meaning: "the volume is not mounted from a claim" },
  "left-to-its-driver": {
    level: "info",
    meaning: "the claim belongs to a family of datasets that nobody asks for",
  },
  "not-a-dataset": { level: "info", meaning: "the claim belongs to no dataset" },
  injected: { level: "info", meaning: "a client in the pod serves the dataset" },
  "already-injected": { level: "info", meaning: "a client that is there already serves the volume" },
  "left-to-csi": { level: "info", meaning: "the claim stays; the node's CSI driver mounts it" },
  "not-injected": { level: "info", meaning: "nothing serves the dataset, for the pod is refused" },
  "not-mounted": {
    level: "info",
    meaning: "no container mounts the volume; its claim stays, and nothing mounts it",
  },

  ...datasetReasons,

  ...platformReasons,

  // What the pod does not allow
  "init-container-needs-native": {
    level: "refusal",
    status: 403,
    meaning: "an init container needs a native sidecar",
  },
  "first-container-is-app": {
    level: "refusal",
    status: 403,
    meaning: "the pod's maker takes containers[0] for the app",
  },
  "too-large": {
    level: "refusal",
    status: 403,
    meaning: "more containers, mounts or text than a pod can sensibly have",
  },
  "client-mounts-at-root": { level: "refusal", status: 403, meaning: "a bare client could not start again" },
  "user-namespace": { level: "refusal", status: 403, meaning: "mounts do not leave a user namespace" },
  "windows-pod": { level: "refusal", status: 403, meaning: "clients run on Linux only" },
  "sub-path-expression": {
    level: "refusal",
    status: 403,
    meaning: "a subPathExpr cannot be followed by the client",
  },
  "name-taken": {
    level: "refusal",
    status: 403,
    meaning: "a name or path that the client needs is taken",
  },

  // What the user should know
  "annotation-unheeded": {
    level: "warning",
    meaning: "an annotation of a claim is not followed, for anybody may write it",
  },
  "no-healing": {
    level: "warning",
    meaning: "a mount that will not come back by itself when its client dies",
  },
  "working-dir-in-dataset": { level: "warning", meaning: "a working directory in a dataset does not heal" },
  "recursive-read-only": { level: "info", meaning: "recursiveReadOnly is replaced by a read-only view" },
  "propagation-replaced": { level: "info", meaning: "the mount's own propagation is replaced" },
  "read-write-once-pod": { level: "warning", meaning: "ReadWriteOncePod is no longer enforced" },
  "stop-may-lose-writes": { level: "warning", meaning: "a client that uploads late is not waited for" },
  "client-missing": {
    level: "refusal",
    status: 403,
    meaning: "a part of an earlier injection is gone from the pod",
  },
  "pod-level-resources": {
    level: "refusal",
    status: 403,
    meaning: "the clients do not fit into the pod's resources",
  },
  "short-grace": { level: "warning", meaning: "the client may not have the time to upload" },
  "ended-by-controller": {
    level: "info",
    meaning: "a controller ends classic clients when the app has ended",
  },
  "never-ends": { level: "warning", meaning: "nothing ends a classic client when the app has ended" },
  "not-served": { level: "warning", meaning: "a label or annotation asks for what cannot be done" },
  prefetched: { level: "info", meaning: "files of the datasets are read ahead" },
  "port-taken": { level: "warning", meaning: "two containers of one network have one port" },
  "client-dns": { level: "warning", meaning: "the client's pods resolve names in another way" },
  "qos-raised": { level: "info", meaning: "the pod is no longer BestEffort" },
  "qos-lowered": { level: "warning", meaning: "the pod is no longer Guaranteed" },
  "pull-secrets": { level: "warning", meaning: "pull secrets of the client are not in the template" },
  "template-part-dropped": { level: "info", meaning: "a part of the client's template was left out" },

  // What the pod waits for
  "waits-for-cache": { level: "info", meaning: "the pod is not scheduled before its cache is warm" },
  "cache-wait-ignored": { level: "warning", meaning: "the pod asks to wait for its cache and cannot" },

  // Where the pod is steered
  "cache-preferred": { level: "info", meaning: "nodes that hold the cache are preferred" },
  "cache-before-spreading": {
    level: "info",
    meaning: "nodes that hold the cache come before the scheduler's spreading",
  },
  "spreading-stated": {
    level: "info",
    meaning: "the pod says itself how it is spread, so its cache is only preferred",
  },
  "cache-required": { level: "info", meaning: "only nodes that hold the cache are allowed" },
  "cache-required-unlabelled": { level: "warning", meaning: "required, yet no node holds the cache now" },
  "cache-not-required": {
    level: "warning",
    meaning: "required, yet the nodes of this cache cannot be told apart",
  },
  "no-node-for-all": { level: "warning", meaning: "no node that is known meets all that the pod requires" },
  "cache-avoided": { level: "info", meaning: "nodes that hold no cache are preferred" },
  "clients-left-out": { level: "warning", meaning: "the plugin profile lists no FuseSidecar" },
  "cache-not-steered": { level: "info", meaning: "the pod is not steered to the cache" },
  "client-nodes-required": {
    level: "info",
    meaning: "only nodes that may run the dataset's client are allowed",
  },
  "client-nodes-unlabelled": { level: "warning", meaning: "no node may run the dataset's client now" },
} as const satisfies Record<string, ReasonInfo>;

export interface ReasonInfo {
  readonly level: "info" | "warning" | "refusal";
  readonly status?: 400 | 403 | 409 | 500;
  readonly meaning: string;
}

export type ReasonCode = keyof typeof reasons;

/** Details of a reason code, as one shape whatever the code. */
export function reasonInfo(code: ReasonCode): ReasonInfo {
  return reasons[code];
}

/** One thing found out about a pod: why it is as it is, in words that name the object, the reason and the remedy. */
export interface Finding {
  readonly code: ReasonCode;
  readonly message: string;
  /** Name of the pod volume it is about; absent when it is about the whole pod. */
  readonly volume?: string;
  /** The cluster objects a refusal rests on: read these fresh before it is believed. */
  readonly restsOn?: readonly ObjectRef[];
}
